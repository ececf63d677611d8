// Drives Keyward with the unmodified AWS SDK for JavaScript v3; prints one JSON object that the test reads.
import {
  AddUserToGroupCommand, AttachGroupPolicyCommand, CreateAccessKeyCommand, CreateGroupCommand,
  CreatePolicyCommand, CreateRoleCommand, CreateUserCommand, DeleteUserCommand, GetGroupCommand,
  GetPolicyVersionCommand, GetRoleCommand, GetUserCommand, IAMClient, PutUserPolicyCommand, TagRoleCommand,
  ListRoleTagsCommand, paginateListUsers, paginateGetAccountAuthorizationDetails, waitUntilPolicyExists,
  waitUntilRoleExists, waitUntilUserExists,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
const settings = (credentials) => ({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
const root = settings({ accessKeyId, secretAccessKey });
const iam = new IAMClient(root);
const document = (statement) => JSON.stringify({ Version: "2012-10-17", Statement: statement });
const wait = { client: iam, maxWaitTime: 5 };

const identity = await new STSClient(root).send(new GetCallerIdentityCommand({}));

for (let number = 0; number < 5; number += 1) {
  await iam.send(new CreateUserCommand({ UserName: `js-${number}`, Tags: [{ Key: "Team", Value: "web" }] }));
}
await waitUntilUserExists(wait, { UserName: "js-0" });
const users = [];
for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: "/" })) {
  users.push(...page.Users.map((user) => user.UserName).filter((name) => name.startsWith("js-")));
}

const policy = await iam.send(new CreatePolicyCommand({
  PolicyName: "js-read",
  PolicyDocument: document([{ Effect: "Allow", Action: "iam:GetUser", Resource: "*" }]),
}));
await waitUntilPolicyExists(wait, { PolicyArn: policy.Policy.Arn });
const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn: policy.Policy.Arn, VersionId: "v1" }));

await iam.send(new CreateGroupCommand({ GroupName: "js-readers" }));
await iam.send(new AttachGroupPolicyCommand({ GroupName: "js-readers", PolicyArn: policy.Policy.Arn }));
await iam.send(new AddUserToGroupCommand({ GroupName: "js-readers", UserName: "js-0" }));
const group = await iam.send(new GetGroupCommand({ GroupName: "js-readers" }));

await iam.send(new CreateRoleCommand({
  RoleName: "js-role",
  AssumeRolePolicyDocument: document([
    { Effect: "Allow", Principal: { AWS: identity.Arn }, Action: "sts:AssumeRole" },
  ]),
}));
await waitUntilRoleExists(wait, { RoleName: "js-role" });
await iam.send(new TagRoleCommand({ RoleName: "js-role", Tags: [{ Key: "Team", Value: "web" }] }));
const tags = await iam.send(new ListRoleTagsCommand({ RoleName: "js-role" }));
const role = await iam.send(new GetRoleCommand({ RoleName: "js-role" }));

// The member of the group may read users through the group's policy, and nothing else.
const key = (await iam.send(new CreateAccessKeyCommand({ UserName: "js-0" }))).AccessKey;
const member = new IAMClient(settings({ accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey }));
const self = await member.send(new GetUserCommand({}));
const refusal = await member
  .send(new DeleteUserCommand({ UserName: "js-1" }))
  .then(() => null, (error) => ({ name: error.name, message: error.message, status: error.$metadata.httpStatusCode }));
await iam.send(new PutUserPolicyCommand({
  UserName: "js-0",
  PolicyName: "no-reading",
  PolicyDocument: document([{ Effect: "Deny", Action: "iam:GetUser", Resource: "*" }]),
}));
const denied = await member.send(new GetUserCommand({})).then(() => null, (error) => error.message);

const detailed = [];
for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 3 }, {})) {
  detailed.push(...(page.UserDetailList ?? []).map((user) => user.UserName));
}
const missing = await iam
  .send(new GetUserCommand({ UserName: "nobody" }))
  .then(() => null, (error) => ({ name: error.name, fault: error.$fault }));

console.log(JSON.stringify({
  arn: identity.Arn,
  users,
  document: JSON.parse(decodeURIComponent(version.PolicyVersion.Document)),
  members: group.Users.map((user) => user.UserName),
  tags: tags.Tags,
  created: role.Role.CreateDate instanceof Date,
  trusted: JSON.parse(decodeURIComponent(role.Role.AssumeRolePolicyDocument)).Statement[0].Principal.AWS,
  self: self.User.UserName,
  refusal,
  denied,
  detailed: detailed.filter((name) => name.startsWith("js-")),
  missing,
}));
