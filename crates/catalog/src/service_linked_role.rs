//! The roles that services have made for themselves.

/// Whether the caller may add something to the name of a service's role, and so have several of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomSuffix {
    /// It may: the name becomes `<role>_<suffix>`.
    Allowed,
    /// There is one role of the service in an account.
    Refused,
}

/// The role that `CreateServiceLinkedRole` makes for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLinkedRole {
    /// The service, such as `ecs.amazonaws.com`.
    pub service: &'static str,
    /// The role's name, such as `AWSServiceRoleForECS`.
    pub role_name: &'static str,
    /// The name of the AWS managed policy that the role has, below `/aws-service-role/`.
    pub policy_name: &'static str,
    /// Whether the name may be added to.
    pub custom_suffix: CustomSuffix,
}

impl ServiceLinkedRole {
    /// Returns the ARN of the role's policy. [`managed_policy`](crate::managed_policy) may not know it: it comes from
    /// another source.
    #[must_use]
    pub fn policy_arn(self) -> String {
        format!(
            "arn:aws:iam::aws:policy/aws-service-role/{}",
            self.policy_name
        )
    }
}

/// Finds the role of a service by the service's name; case counts.
///
/// # Examples
/// ```
/// let role = keyward_catalog::service_linked_role("ecs.amazonaws.com").unwrap();
/// assert_eq!(role.role_name, "AWSServiceRoleForECS");
/// ```
#[must_use]
pub fn service_linked_role(service: &str) -> Option<ServiceLinkedRole> {
    let found = ROLES
        .binary_search_by(|role| role.service.cmp(service))
        .ok()?;
    ROLES.get(found).copied()
}

const fn row(
    service: &'static str,
    role_name: &'static str,
    policy_name: &'static str,
    custom_suffix: CustomSuffix,
) -> ServiceLinkedRole {
    ServiceLinkedRole {
        service,
        role_name,
        policy_name,
        custom_suffix,
    }
}

/// INVARIANT: in the order of the services' names.
// SOURCE: spec/service-linked-roles.md, the whole table; the services' own pages on service-linked roles, whose policies
// the catalog has, and the roles that AWS's managed policies name, which a test below compares.
#[rustfmt::skip]
static ROLES: &[ServiceLinkedRole] = &[
    row("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy", CustomSuffix::Refused),
    row("accountdiscovery.ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM_AccountDiscovery", "AWSSystemsManagerAccountDiscoveryServicePolicy", CustomSuffix::Refused),
    row("acm.amazonaws.com", "AWSServiceRoleForCertificateManager", "CertificateManagerServiceRolePolicy", CustomSuffix::Refused),
    row("agentless.inspector2.amazonaws.com", "AWSServiceRoleForAmazonInspector2Agentless", "AmazonInspector2AgentlessServiceRolePolicy", CustomSuffix::Refused),
    row("airflow.amazonaws.com", "AWSServiceRoleForAmazonMWAA", "AmazonMWAAServiceRolePolicy", CustomSuffix::Refused),
    row("apidestinations.events.amazonaws.com", "AWSServiceRoleForAmazonEventBridgeApiDestinations", "AmazonEventBridgeApiDestinationsServiceRolePolicy", CustomSuffix::Refused),
    row("appfabric.amazonaws.com", "AWSServiceRoleForAppFabric", "AWSAppFabricServiceRolePolicy", CustomSuffix::Refused),
    row("application-insights.amazonaws.com", "AWSServiceRoleForApplicationInsights", "CloudwatchApplicationInsightsServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("application-signals.cloudwatch.amazonaws.com", "AWSServiceRoleForCloudWatchApplicationSignals", "CloudWatchApplicationSignalsServiceRolePolicy", CustomSuffix::Refused),
    row("appmesh.amazonaws.com", "AWSServiceRoleForAppMesh", "AWSAppMeshServiceRolePolicy", CustomSuffix::Refused),
    row("apprunner.amazonaws.com", "AWSServiceRoleForAppRunner", "AppRunnerServiceRolePolicy", CustomSuffix::Refused),
    row("appstream.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_AppStreamFleet", "AWSApplicationAutoscalingAppStreamFleetPolicy", CustomSuffix::Refused),
    row("appsync.amazonaws.com", "AWSServiceRoleForAppSync", "AWSAppSyncServiceRolePolicy", CustomSuffix::Refused),
    row("auditmanager.amazonaws.com", "AWSServiceRoleForAuditManager", "AWSAuditManagerServiceRolePolicy", CustomSuffix::Refused),
    row("autoscaling-plans.amazonaws.com", "AWSServiceRoleForAutoScalingPlans_EC2AutoScaling", "AWSAutoScalingPlansEC2AutoScalingPolicy", CustomSuffix::Refused),
    row("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", CustomSuffix::Allowed),
    row("backup.amazonaws.com", "AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup", CustomSuffix::Refused),
    row("batch.amazonaws.com", "AWSServiceRoleForBatch", "BatchServiceRolePolicy", CustomSuffix::Refused),
    row("braket.amazonaws.com", "AWSServiceRoleForAmazonBraket", "AmazonBraketServiceRolePolicy", CustomSuffix::Refused),
    row("cassandra.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_CassandraTable", "AWSApplicationAutoscalingCassandraTablePolicy", CustomSuffix::Refused),
    row("chime.amazonaws.com", "AWSServiceRoleForAmazonChime", "AmazonChimeServiceRolePolicy", CustomSuffix::Refused),
    row("cks.kms.amazonaws.com", "AWSServiceRoleForKeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy", CustomSuffix::Refused),
    row("cloud9.amazonaws.com", "AWSServiceRoleForAWSCloud9", "AWSCloud9ServiceRolePolicy", CustomSuffix::Refused),
    row("cloudhsm.amazonaws.com", "AWSServiceRoleForCloudHSM", "CloudHSMServiceRolePolicy", CustomSuffix::Refused),
    row("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy", CustomSuffix::Refused),
    row("codeguru-reviewer.amazonaws.com", "AWSServiceRoleForAmazonCodeGuruReviewer", "AmazonCodeGuruReviewerServiceRolePolicy", CustomSuffix::Refused),
    row("codestar-notifications.amazonaws.com", "AWSServiceRoleForCodeStarNotifications", "AWSCodeStarNotificationsServiceRolePolicy", CustomSuffix::Refused),
    row("cognito-idp.amazonaws.com", "AWSServiceRoleForAmazonCognitoIdp", "AmazonCognitoIdpServiceRolePolicy", CustomSuffix::Refused),
    row("comprehend.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ComprehendEndpoint", "AWSApplicationAutoscalingComprehendEndpointPolicy", CustomSuffix::Refused),
    row("compute-optimizer.amazonaws.com", "AWSServiceRoleForComputeOptimizer", "ComputeOptimizerServiceRolePolicy", CustomSuffix::Refused),
    row("config-conforms.amazonaws.com", "AWSServiceRoleForConfigConforms", "ConfigConformsServiceRolePolicy", CustomSuffix::Refused),
    row("config.amazonaws.com", "AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy", CustomSuffix::Refused),
    row("connect.amazonaws.com", "AWSServiceRoleForAmazonConnect", "AmazonConnectServiceLinkedRolePolicy", CustomSuffix::Allowed),
    row("continuousexport.discovery.amazonaws.com", "AWSServiceRoleForApplicationDiscoveryServiceContinuousExport", "ApplicationDiscoveryServiceContinuousExportServiceRolePolicy", CustomSuffix::Refused),
    row("cost-optimization-hub.bcm.amazonaws.com", "AWSServiceRoleForCostOptimizationHub", "CostOptimizationHubServiceRolePolicy", CustomSuffix::Refused),
    row("custom-resource.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_CustomResource", "AWSApplicationAutoScalingCustomResourcePolicy", CustomSuffix::Refused),
    row("custom.rds.amazonaws.com", "AWSServiceRoleForRDSCustom", "AmazonRDSCustomServiceRolePolicy", CustomSuffix::Refused),
    row("datasync.amazonaws.com", "AWSServiceRoleForDataSync", "AWSDataSyncServiceRolePolicy", CustomSuffix::Refused),
    row("dax.amazonaws.com", "AWSServiceRoleForDAX", "DAXServiceRolePolicy", CustomSuffix::Refused),
    row("detective.amazonaws.com", "AWSServiceRoleForDetective", "AmazonDetectiveServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("devops-guru.amazonaws.com", "AWSServiceRoleForDevOpsGuru", "AmazonDevOpsGuruServiceRolePolicy", CustomSuffix::Refused),
    row("directconnect.amazonaws.com", "AWSServiceRoleForDirectConnect", "AWSDirectConnectServiceRolePolicy", CustomSuffix::Refused),
    row("dms-fleet-advisor.amazonaws.com", "AWSServiceRoleForDMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy", CustomSuffix::Refused),
    row("dms.amazonaws.com", "AWSServiceRoleForDMSServerless", "AWSDMSServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("docdb-elastic.amazonaws.com", "AWSServiceRoleForDocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy", CustomSuffix::Refused),
    row("drs.amazonaws.com", "AWSServiceRoleForElasticDisasterRecovery", "AWSElasticDisasterRecoveryServiceRolePolicy", CustomSuffix::Refused),
    row("dynamodb.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy", CustomSuffix::Refused),
    row("ec2-instance-connect.amazonaws.com", "AWSServiceRoleForEc2InstanceConnect", "Ec2InstanceConnectEndpoint", CustomSuffix::Refused),
    row("ec2.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_EC2SpotFleetRequest", "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy", CustomSuffix::Refused),
    row("ec2fastlaunch.amazonaws.com", "AWSServiceRoleForEC2FastLaunch", "EC2FastLaunchServiceRolePolicy", CustomSuffix::Refused),
    row("ec2fleet.amazonaws.com", "AWSServiceRoleForEC2Fleet", "AWSEC2FleetServiceRolePolicy", CustomSuffix::Refused),
    row("ec2scheduled.amazonaws.com", "AWSServiceRoleForEC2ScheduledInstances", "AWSServiceRoleForEC2ScheduledInstances", CustomSuffix::Refused),
    row("ecr.amazonaws.com", "AWSServiceRoleForECRTemplate", "ECRTemplateServiceRolePolicy", CustomSuffix::Refused),
    row("ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", CustomSuffix::Refused),
    row("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy", CustomSuffix::Refused),
    row("eks-connector.amazonaws.com", "AWSServiceRoleForAmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy", CustomSuffix::Refused),
    row("eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", CustomSuffix::Refused),
    row("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", CustomSuffix::Refused),
    row("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy", CustomSuffix::Refused),
    row("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy", CustomSuffix::Refused),
    row("elasticache.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ElastiCacheRG", "AWSApplicationAutoscalingElastiCacheRGPolicy", CustomSuffix::Refused),
    row("elasticbeanstalk.amazonaws.com", "AWSServiceRoleForElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy", CustomSuffix::Refused),
    row("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy", CustomSuffix::Refused),
    row("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", CustomSuffix::Refused),
    row("elasticmapreduce.amazonaws.com", "AWSServiceRoleForEMRCleanup", "AmazonEMRCleanupPolicy", CustomSuffix::Refused),
    row("elasticmapreduce.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_EMRInstanceGroup", "AWSApplicationAutoscalingEMRInstanceGroupPolicy", CustomSuffix::Refused),
    row("email.cognito-idp.amazonaws.com", "AWSServiceRoleForAmazonCognitoIdpEmailService", "AmazonCognitoIdpEmailServiceRolePolicy", CustomSuffix::Refused),
    row("emr-containers.amazonaws.com", "AWSServiceRoleForAmazonEMRContainers", "AmazonEMRContainersServiceRolePolicy", CustomSuffix::Refused),
    row("emrwal.amazonaws.com", "AWSServiceRoleForEMRWAL", "EMRDescribeClusterPolicyForEMRWAL", CustomSuffix::Refused),
    row("es.amazonaws.com", "AWSServiceRoleForAmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy", CustomSuffix::Refused),
    row("event-processor.health.amazonaws.com", "AWSServiceRoleForHealth_EventProcessor", "AWSHealth_EventProcessorServiceRolePolicy", CustomSuffix::Refused),
    row("events.amazonaws.com", "AWSServiceRoleForCloudWatchEvents", "CloudWatchEventsServiceRolePolicy", CustomSuffix::Refused),
    row("events.workmail.amazonaws.com", "AWSServiceRoleForAmazonWorkMailEvents", "AmazonWorkMailEventsServiceRolePolicy", CustomSuffix::Refused),
    row("fis.amazonaws.com", "AWSServiceRoleForFIS", "AmazonFISServiceRolePolicy", CustomSuffix::Refused),
    row("fms.amazonaws.com", "AWSServiceRoleForFMS", "FMSServiceRolePolicy", CustomSuffix::Refused),
    row("fsx.amazonaws.com", "AWSServiceRoleForAmazonFSx", "AmazonFSxServiceRolePolicy", CustomSuffix::Refused),
    row("globalaccelerator.amazonaws.com", "AWSServiceRoleForGlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy", CustomSuffix::Refused),
    row("grafana.amazonaws.com", "AWSServiceRoleForAmazonGrafana", "AmazonGrafanaServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy", CustomSuffix::Refused),
    row("imagebuilder.amazonaws.com", "AWSServiceRoleForImageBuilder", "AWSServiceRoleForImageBuilder", CustomSuffix::Refused),
    row("inspector.amazonaws.com", "AWSServiceRoleForAmazonInspector", "AmazonInspectorServiceRolePolicy", CustomSuffix::Refused),
    row("inspector2.amazonaws.com", "AWSServiceRoleForAmazonInspector2", "AmazonInspector2ServiceRolePolicy", CustomSuffix::Refused),
    row("internetmonitor.amazonaws.com", "AWSServiceRoleForInternetMonitor", "CloudWatchInternetMonitorServiceRolePolicy", CustomSuffix::Refused),
    row("iotmanagedintegrations.amazonaws.com", "AWSServiceRoleForIoTManagedIntegrations", "AWSIoTManagedIntegrationsRolePolicy", CustomSuffix::Refused),
    row("iotsitewise.amazonaws.com", "AWSServiceRoleForIoTSiteWise", "AWSServiceRoleForIoTSiteWise", CustomSuffix::Refused),
    row("ipam.amazonaws.com", "AWSServiceRoleForIPAM", "AWSIPAMServiceRolePolicy", CustomSuffix::Refused),
    row("kafka.amazonaws.com", "AWSServiceRoleForKafka", "KafkaServiceRolePolicy", CustomSuffix::Refused),
    row("kafka.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_KafkaCluster", "AWSApplicationAutoscalingKafkaClusterPolicy", CustomSuffix::Refused),
    row("kafkaconnect.amazonaws.com", "AWSServiceRoleForKafkaConnect", "KafkaConnectServiceRolePolicy", CustomSuffix::Refused),
    row("lakeformation.amazonaws.com", "AWSServiceRoleForLakeFormationDataAccess", "LakeFormationDataAccessServiceRolePolicy", CustomSuffix::Refused),
    row("lambda.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency", "AWSApplicationAutoscalingLambdaConcurrencyPolicy", CustomSuffix::Refused),
    row("lex.amazonaws.com", "AWSServiceRoleForLexBots", "AmazonLexBotPolicy", CustomSuffix::Refused),
    row("lexv2.amazonaws.com", "AWSServiceRoleForLexV2Bots", "AmazonLexV2BotPolicy", CustomSuffix::Allowed),
    row("license-management.marketplace.amazonaws.com", "AWSServiceRoleForMarketplaceLicenseManagement", "AWSMarketplaceLicenseManagementServiceRolePolicy", CustomSuffix::Refused),
    row("license-manager.amazonaws.com", "AWSServiceRoleForAWSLicenseManagerRole", "AWSLicenseManagerServiceRolePolicy", CustomSuffix::Refused),
    row("license-manager.member-account.amazonaws.com", "AWSServiceRoleForAWSLicenseManagerMemberAccountRole", "AWSLicenseManagerMemberAccountRolePolicy", CustomSuffix::Refused),
    row("lightsail.amazonaws.com", "AWSServiceRoleForLightsail", "LightsailExportAccess", CustomSuffix::Refused),
    row("logger.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontLogger", "AWSCloudFrontLogger", CustomSuffix::Refused),
    row("m2.amazonaws.com", "AWSServiceRoleForAWSM2", "AWSM2ServicePolicy", CustomSuffix::Refused),
    row("macie.amazonaws.com", "AWSServiceRoleForAmazonMacie", "AmazonMacieServiceRolePolicy", CustomSuffix::Refused),
    row("malware-protection.guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDutyMalwareProtection", "AmazonGuardDutyMalwareProtectionServiceRolePolicy", CustomSuffix::Refused),
    row("member.org.stacksets.cloudformation.amazonaws.com", "AWSServiceRoleForCloudFormationStackSetsOrgMember", "CloudFormationStackSetsOrgMemberServiceRolePolicy", CustomSuffix::Refused),
    row("memorydb.amazonaws.com", "AWSServiceRoleForMemoryDB", "MemoryDBServiceRolePolicy", CustomSuffix::Refused),
    row("mgn.amazonaws.com", "AWSServiceRoleForApplicationMigrationService", "AWSApplicationMigrationServiceRolePolicy", CustomSuffix::Refused),
    row("migrationhub-orchestrator.amazonaws.com", "AWSServiceRoleForMigrationHubOrchestrator", "AWSMigrationHubOrchestratorServiceRolePolicy", CustomSuffix::Refused),
    row("mq.amazonaws.com", "AWSServiceRoleForAmazonMQ", "AmazonMQServiceRolePolicy", CustomSuffix::Refused),
    row("mrk.kms.amazonaws.com", "AWSServiceRoleForKeyManagementServiceMultiRegionKeys", "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy", CustomSuffix::Refused),
    row("neptune-graph.amazonaws.com", "AWSServiceRoleForNeptuneGraph", "AWSServiceRoleForNeptuneGraphPolicy", CustomSuffix::Refused),
    row("neptune.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_NeptuneCluster", "AWSApplicationAutoscalingNeptuneClusterPolicy", CustomSuffix::Refused),
    row("network-firewall.amazonaws.com", "AWSServiceRoleForNetworkFirewall", "AWSNetworkFirewallServiceRolePolicy", CustomSuffix::Refused),
    row("networking.apprunner.amazonaws.com", "AWSServiceRoleForAppRunnerNetworking", "AppRunnerNetworkingServiceRolePolicy", CustomSuffix::Refused),
    row("networkmanager.amazonaws.com", "AWSServiceRoleForNetworkManager", "AWSNetworkManagerServiceRolePolicy", CustomSuffix::Refused),
    row("notifications.amazonaws.com", "AWSServiceRoleForAwsUserNotifications", "AWSUserNotificationsServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("observability.aoss.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchServerless", "AmazonOpenSearchServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy", CustomSuffix::Refused),
    row("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy", CustomSuffix::Refused),
    row("ops.emr-serverless.amazonaws.com", "AWSServiceRoleForAmazonEMRServerless", "AmazonEMRServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("opsdatasync.ssm.amazonaws.com", "AWSServiceRoleForSystemsManagerOpsDataSync", "AWSSystemsManagerOpsDataSyncServiceRolePolicy", CustomSuffix::Refused),
    row("opsinsights.ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM_OpsInsights", "AWSSSMOpsInsightsServiceRolePolicy", CustomSuffix::Refused),
    row("organizations.amazonaws.com", "AWSServiceRoleForOrganizations", "AWSOrganizationsServiceTrustPolicy", CustomSuffix::Refused),
    row("orgsdatasync.servicecatalog.amazonaws.com", "AWSServiceRoleForServiceCatalogOrgsDataSync", "AWSServiceCatalogOrgsDataSyncServiceRolePolicy", CustomSuffix::Refused),
    row("osis.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchIngestionService", "AmazonOpenSearchIngestionServiceRolePolicy", CustomSuffix::Refused),
    row("pullthroughcache.ecr.amazonaws.com", "AWSServiceRoleForECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy", CustomSuffix::Refused),
    row("ram.amazonaws.com", "AWSServiceRoleForResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy", CustomSuffix::Refused),
    row("rds.amazonaws.com", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy", CustomSuffix::Refused),
    row("rds.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_RDSCluster", "AWSApplicationAutoscalingRDSClusterPolicy", CustomSuffix::Refused),
    row("redshift.amazonaws.com", "AWSServiceRoleForRedshift", "AmazonRedshiftServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("replication.cassandra.amazonaws.com", "AWSServiceRoleForKeyspacesReplication", "KeyspacesReplicationServiceRolePolicy", CustomSuffix::Refused),
    row("replication.ecr.amazonaws.com", "AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy", CustomSuffix::Refused),
    row("replicator.lambda.amazonaws.com", "AWSServiceRoleForLambdaReplicator", "AWSLambdaReplicator", CustomSuffix::Refused),
    row("reporting.trustedadvisor.amazonaws.com", "AWSServiceRoleForTrustedAdvisorReporting", "AWSTrustedAdvisorReportingServiceRolePolicy", CustomSuffix::Refused),
    row("repository.sync.codeconnections.amazonaws.com", "AWSServiceRoleForGitSync", "AWSGitSyncServiceRolePolicy", CustomSuffix::Refused),
    row("resource-explorer-2.amazonaws.com", "AWSServiceRoleForResourceExplorer", "AWSResourceExplorerServiceRolePolicy", CustomSuffix::Refused),
    row("rolesanywhere.amazonaws.com", "AWSServiceRoleForRolesAnywhere", "AWSRolesAnywhereServicePolicy", CustomSuffix::Refused),
    row("route53resolver.amazonaws.com", "AWSServiceRoleForRoute53Resolver", "Route53ResolverServiceRolePolicy", CustomSuffix::Refused),
    row("rum.amazonaws.com", "AWSServiceRoleForRealUserMonitoring", "AmazonCloudWatchRUMServiceRolePolicy", CustomSuffix::Refused),
    row("s3-outposts.amazonaws.com", "AWSServiceRoleForS3OnOutposts", "AWSS3OnOutpostsServiceRolePolicy", CustomSuffix::Refused),
    row("sagemaker.amazonaws.com", "AWSServiceRoleForAmazonSageMakerNotebooks", "AmazonSageMakerNotebooksServiceRolePolicy", CustomSuffix::Refused),
    row("sagemaker.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint", "AWSApplicationAutoscalingSageMakerEndpointPolicy", CustomSuffix::Refused),
    row("schemas.amazonaws.com", "AWSServiceRoleForSchemas", "AmazonEventBridgeSchemasServiceRolePolicy", CustomSuffix::Refused),
    row("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub", "AWSSecurityHubServiceRolePolicy", CustomSuffix::Refused),
    row("securitylake.amazonaws.com", "AWSServiceRoleForSecurityLake", "SecurityLakeServiceLinkedRole", CustomSuffix::Refused),
    row("servicecatalog-appregistry.amazonaws.com", "AWSServiceRoleForAWSServiceCatalogAppRegistry", "AWSServiceCatalogAppRegistryServiceRolePolicy", CustomSuffix::Refused),
    row("servicequotas.amazonaws.com", "AWSServiceRoleForServiceQuotas", "ServiceQuotasServiceRolePolicy", CustomSuffix::Refused),
    row("ses.amazonaws.com", "AWSServiceRoleForAmazonSES", "AmazonSESServiceRolePolicy", CustomSuffix::Refused),
    row("shield.amazonaws.com", "AWSServiceRoleForAWSShield", "AWSShieldServiceRolePolicy", CustomSuffix::Refused),
    row("spot.amazonaws.com", "AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy", CustomSuffix::Refused),
    row("spotfleet.amazonaws.com", "AWSServiceRoleForEC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy", CustomSuffix::Refused),
    row("ssm-incidents.amazonaws.com", "AWSServiceRoleForIncidentManager", "AWSIncidentManagerServiceRolePolicy", CustomSuffix::Refused),
    row("ssm-quicksetup.amazonaws.com", "AWSServiceRoleForSSMQuickSetup", "SSMQuickSetupRolePolicy", CustomSuffix::Refused),
    row("ssm-sap.amazonaws.com", "AWSServiceRoleForAWSSSMForSAP", "AWSSSMForSAPServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy", CustomSuffix::Refused),
    row("sso.amazonaws.com", "AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy", CustomSuffix::Refused),
    row("stacksets.cloudformation.amazonaws.com", "AWSServiceRoleForCloudFormationStackSetsOrgAdmin", "CloudFormationStackSetsOrgAdminServiceRolePolicy", CustomSuffix::Refused),
    row("storage-lens.s3.amazonaws.com", "AWSServiceRoleForS3StorageLens", "S3StorageLensServiceRolePolicy", CustomSuffix::Refused),
    row("support.amazonaws.com", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy", CustomSuffix::Refused),
    row("sync.proton.amazonaws.com", "AWSServiceRoleForProtonSync", "AWSProtonSyncServiceRolePolicy", CustomSuffix::Refused),
    row("timestream-influxdb.amazonaws.com", "AWSServiceRoleForTimestreamInfluxDB", "AmazonTimestreamInfluxDBServiceRolePolicy", CustomSuffix::Refused),
    row("transitgateway.amazonaws.com", "AWSServiceRoleForVPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy", CustomSuffix::Refused),
    row("trustedadvisor.amazonaws.com", "AWSServiceRoleForTrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy", CustomSuffix::Refused),
    row("vpc-lattice.amazonaws.com", "AWSServiceRoleForVpcLattice", "AWSVpcLatticeServiceRolePolicy", CustomSuffix::Refused),
    row("vpcorigin.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontVPCOrigin", "AWSCloudFrontVPCOriginServiceRolePolicy", CustomSuffix::Refused),
    row("waf-regional.amazonaws.com", "AWSServiceRoleForWAFRegionalLogging", "WAFRegionalLoggingServiceRolePolicy", CustomSuffix::Refused),
    row("waf.amazonaws.com", "AWSServiceRoleForWAFLogging", "WAFLoggingServiceRolePolicy", CustomSuffix::Refused),
    row("wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging", "WAFV2LoggingServiceRolePolicy", CustomSuffix::Refused),
    row("workspaces.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_WorkSpacesPool", "AWSApplicationAutoscalingWorkSpacesPoolPolicy", CustomSuffix::Refused),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found() {
        for pair in ROLES.windows(2) {
            assert!(pair[0].service < pair[1].service, "{}", pair[1].service);
        }
        for role in ROLES {
            assert_eq!(service_linked_role(role.service), Some(*role));
            assert!(role.role_name.len() <= 64, "{}", role.role_name);
        }
        for text in ["", "ec2.amazonaws.com", "ECS.amazonaws.com"] {
            assert_eq!(service_linked_role(text), None, "{text}");
        }
    }

    /// A policy that is missing here leaves its role without permissions: one is known to be, and no other may be.
    #[test]
    fn their_policies_are_in_the_catalog() {
        let missing = ROLES
            .iter()
            .filter(|role| crate::managed_policy(&role.policy_arn()).is_none());
        let missing: Vec<&str> = missing.map(|role| role.service).collect();
        assert_eq!(missing, ["lex.amazonaws.com"]);
    }

    /// Where a policy of AWS names the role of a service in whole, it is the one of the table.
    #[test]
    fn aws_policies_name_the_same_roles() {
        let mut named = 0;
        for policy in crate::managed_policies() {
            let document = policy.document();
            for text in document.split("role/aws-service-role/").skip(1) {
                let (name, _) = text.split_once('"').unwrap();
                let Some((service, role)) = name.split_once('/') else {
                    continue;
                };
                let Some(row) = service_linked_role(service) else {
                    continue;
                };
                let (start, open) = role
                    .split_once('*')
                    .map_or((role, false), |it| (it.0, true));
                let fits = start == row.role_name || open && row.role_name.starts_with(start);
                // What is known to be otherwise: a suffix of one's own, and a name that an older policy has.
                let suffixed = start
                    .strip_prefix(row.role_name)
                    .is_some_and(|it| it.starts_with('_'));
                let older = service == "email.cognito-idp.amazonaws.com";
                assert!(
                    fits || suffixed || older,
                    "{}: {service}: {role}",
                    policy.arn()
                );
                named += usize::from(fits);
            }
        }
        assert!(named > 100, "{named}");
    }
}
