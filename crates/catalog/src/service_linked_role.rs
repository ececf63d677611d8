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
// SOURCE: spec/service-linked-roles.md, the whole table.
#[rustfmt::skip]
static ROLES: &[ServiceLinkedRole] = &[
    row("accountdiscovery.ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM_AccountDiscovery", "AWSSystemsManagerAccountDiscoveryServicePolicy", CustomSuffix::Refused),
    row("acm.amazonaws.com", "AWSServiceRoleForCertificateManager", "CertificateManagerServiceRolePolicy", CustomSuffix::Refused),
    row("appmesh.amazonaws.com", "AWSServiceRoleForAppMesh", "AWSAppMeshServiceRolePolicy", CustomSuffix::Refused),
    row("autoscaling-plans.amazonaws.com", "AWSServiceRoleForAutoScalingPlans_EC2AutoScaling", "AWSAutoScalingPlansEC2AutoScalingPolicy", CustomSuffix::Refused),
    row("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", CustomSuffix::Allowed),
    row("backup.amazonaws.com", "AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup", CustomSuffix::Refused),
    row("batch.amazonaws.com", "AWSServiceRoleForBatch", "BatchServiceRolePolicy", CustomSuffix::Refused),
    row("cassandra.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_CassandraTable", "AWSApplicationAutoscalingCassandraTablePolicy", CustomSuffix::Refused),
    row("cks.kms.amazonaws.com", "AWSServiceRoleForKeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy", CustomSuffix::Refused),
    row("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy", CustomSuffix::Refused),
    row("codestar-notifications.amazonaws.com", "AWSServiceRoleForCodeStarNotifications", "AWSCodeStarNotificationsServiceRolePolicy", CustomSuffix::Refused),
    row("config.amazonaws.com", "AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy", CustomSuffix::Refused),
    row("connect.amazonaws.com", "AWSServiceRoleForAmazonConnect", "AmazonConnectServiceLinkedRolePolicy", CustomSuffix::Allowed),
    row("dms-fleet-advisor.amazonaws.com", "AWSServiceRoleForDMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy", CustomSuffix::Refused),
    row("dms.amazonaws.com", "AWSServiceRoleForDMSServerless", "AWSDMSServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("docdb-elastic.amazonaws.com", "AWSServiceRoleForDocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy", CustomSuffix::Refused),
    row("ec2-instance-connect.amazonaws.com", "AWSServiceRoleForEc2InstanceConnect", "Ec2InstanceConnectEndpoint", CustomSuffix::Refused),
    row("ec2.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_EC2SpotFleetRequest", "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy", CustomSuffix::Refused),
    row("ecr.amazonaws.com", "AWSServiceRoleForECRTemplate", "ECRTemplateServiceRolePolicy", CustomSuffix::Refused),
    row("ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", CustomSuffix::Refused),
    row("eks-connector.amazonaws.com", "AWSServiceRoleForAmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy", CustomSuffix::Refused),
    row("eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", CustomSuffix::Refused),
    row("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", CustomSuffix::Refused),
    row("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy", CustomSuffix::Refused),
    row("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy", CustomSuffix::Refused),
    row("elasticbeanstalk.amazonaws.com", "AWSServiceRoleForElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy", CustomSuffix::Refused),
    row("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy", CustomSuffix::Refused),
    row("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", CustomSuffix::Refused),
    row("email.cognito-idp.amazonaws.com", "AWSServiceRoleForAmazonCognitoIdpEmailService", "AmazonCognitoIdpEmailServiceRolePolicy", CustomSuffix::Refused),
    row("emr-containers.amazonaws.com", "AWSServiceRoleForAmazonEMRContainers", "AmazonEMRContainersServiceRolePolicy", CustomSuffix::Refused),
    row("emrwal.amazonaws.com", "AWSServiceRoleForEMRWAL", "EMRDescribeClusterPolicyForEMRWAL", CustomSuffix::Refused),
    row("fis.amazonaws.com", "AWSServiceRoleForFIS", "AmazonFISServiceRolePolicy", CustomSuffix::Refused),
    row("grafana.amazonaws.com", "AWSServiceRoleForAmazonGrafana", "AmazonGrafanaServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("imagebuilder.amazonaws.com", "AWSServiceRoleForImageBuilder", "AWSServiceRoleForImageBuilder", CustomSuffix::Refused),
    row("iotmanagedintegrations.amazonaws.com", "AWSServiceRoleForIoTManagedIntegrations", "AWSIoTManagedIntegrationsRolePolicy", CustomSuffix::Refused),
    row("kafka.amazonaws.com", "AWSServiceRoleForKafka", "KafkaServiceRolePolicy", CustomSuffix::Refused),
    row("kafkaconnect.amazonaws.com", "AWSServiceRoleForKafkaConnect", "KafkaConnectServiceRolePolicy", CustomSuffix::Refused),
    row("lakeformation.amazonaws.com", "AWSServiceRoleForLakeFormationDataAccess", "LakeFormationDataAccessServiceRolePolicy", CustomSuffix::Refused),
    row("lex.amazonaws.com", "AWSServiceRoleForLexBots", "AmazonLexBotPolicy", CustomSuffix::Refused),
    row("lexv2.amazonaws.com", "AWSServiceRoleForLexV2Bots", "AmazonLexV2BotPolicy", CustomSuffix::Allowed),
    row("lightsail.amazonaws.com", "AWSServiceRoleForLightsail", "LightsailExportAccess", CustomSuffix::Refused),
    row("m2.amazonaws.com", "AWSServiceRoleForAWSM2", "AWSM2ServicePolicy", CustomSuffix::Refused),
    row("memorydb.amazonaws.com", "AWSServiceRoleForMemoryDB", "MemoryDBServiceRolePolicy", CustomSuffix::Refused),
    row("mq.amazonaws.com", "AWSServiceRoleForAmazonMQ", "AmazonMQServiceRolePolicy", CustomSuffix::Refused),
    row("mrk.kms.amazonaws.com", "AWSServiceRoleForKeyManagementServiceMultiRegionKeys", "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy", CustomSuffix::Refused),
    row("notifications.amazonaws.com", "AWSServiceRoleForAwsUserNotifications", "AWSUserNotificationsServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("observability.aoss.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchServerless", "AmazonOpenSearchServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy", CustomSuffix::Refused),
    row("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy", CustomSuffix::Refused),
    row("ops.emr-serverless.amazonaws.com", "AWSServiceRoleForAmazonEMRServerless", "AmazonEMRServerlessServiceRolePolicy", CustomSuffix::Refused),
    row("opsdatasync.ssm.amazonaws.com", "AWSServiceRoleForSystemsManagerOpsDataSync", "AWSSystemsManagerOpsDataSyncServiceRolePolicy", CustomSuffix::Refused),
    row("opsinsights.ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM_OpsInsights", "AWSSSMOpsInsightsServiceRolePolicy", CustomSuffix::Refused),
    row("pullthroughcache.ecr.amazonaws.com", "AWSServiceRoleForECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy", CustomSuffix::Refused),
    row("ram.amazonaws.com", "AWSServiceRoleForResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy", CustomSuffix::Refused),
    row("rds.amazonaws.com", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy", CustomSuffix::Refused),
    row("redshift.amazonaws.com", "AWSServiceRoleForRedshift", "AmazonRedshiftServiceLinkedRolePolicy", CustomSuffix::Refused),
    row("replication.cassandra.amazonaws.com", "AWSServiceRoleForKeyspacesReplication", "KeyspacesReplicationServiceRolePolicy", CustomSuffix::Refused),
    row("replication.ecr.amazonaws.com", "AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy", CustomSuffix::Refused),
    row("repository.sync.codeconnections.amazonaws.com", "AWSServiceRoleForGitSync", "AWSGitSyncServiceRolePolicy", CustomSuffix::Refused),
    row("resource-explorer-2.amazonaws.com", "AWSServiceRoleForResourceExplorer", "AWSResourceExplorerServiceRolePolicy", CustomSuffix::Refused),
    row("rolesanywhere.amazonaws.com", "AWSServiceRoleForRolesAnywhere", "AWSRolesAnywhereServicePolicy", CustomSuffix::Refused),
    row("s3-outposts.amazonaws.com", "AWSServiceRoleForS3OnOutposts", "AWSS3OnOutpostsServiceRolePolicy", CustomSuffix::Refused),
    row("ses.amazonaws.com", "AWSServiceRoleForAmazonSES", "AmazonSESServiceRolePolicy", CustomSuffix::Refused),
    row("shield.amazonaws.com", "AWSServiceRoleForAWSShield", "AWSShieldServiceRolePolicy", CustomSuffix::Refused),
    row("ssm-incidents.amazonaws.com", "AWSServiceRoleForIncidentManager", "AWSIncidentManagerServiceRolePolicy", CustomSuffix::Refused),
    row("ssm-quicksetup.amazonaws.com", "AWSServiceRoleForSSMQuickSetup", "SSMQuickSetupRolePolicy", CustomSuffix::Refused),
    row("ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy", CustomSuffix::Refused),
    row("sso.amazonaws.com", "AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy", CustomSuffix::Refused),
    row("vpcorigin.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontVPCOrigin", "AWSCloudFrontVPCOriginServiceRolePolicy", CustomSuffix::Refused),
    row("waf.amazonaws.com", "AWSServiceRoleForWAFLogging", "WAFLoggingServiceRolePolicy", CustomSuffix::Refused),
    row("wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging", "WAFV2LoggingServiceRolePolicy", CustomSuffix::Refused),
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
}
