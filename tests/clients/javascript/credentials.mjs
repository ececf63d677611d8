// Asks who it is by every provider of credentials that the AWS SDK for JavaScript v3 has; prints one JSON object that the
// test reads. Where they find what they need stands in the environment.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  fromContainerMetadata, fromHttp, fromIni, fromInstanceMetadata, fromNodeProviderChain, fromProcess,
  fromTemporaryCredentials, fromTokenFile,
} from "@aws-sdk/credential-providers";

const providers = {
  "fromIni process": fromIni({ profile: "process" }),
  "fromIni assumed": fromIni({ profile: "assumed" }),
  "fromIni from-machine": fromIni({ profile: "from-machine" }),
  fromProcess: fromProcess({ profile: "process" }),
  fromContainerMetadata: fromContainerMetadata(),
  fromHttp: fromHttp(),
  fromInstanceMetadata: fromInstanceMetadata(),
  fromNodeProviderChain: fromNodeProviderChain(),
  fromTemporaryCredentials: fromTemporaryCredentials({
    masterCredentials: fromIni({ profile: "base" }),
    params: { RoleArn: process.env.DEPLOY_ROLE ?? "arn:aws:iam::111122223333:role/Deploy", RoleSessionName: "temporary" },
  }),
};
if (process.env.AWS_WEB_IDENTITY_TOKEN_FILE) {
  providers.fromTokenFile = fromTokenFile();
}

const said = {};
for (const [name, credentials] of Object.entries(providers)) {
  const sts = new STSClient({ credentials, maxAttempts: 1 });
  said[name] = (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}
console.log(JSON.stringify(said));
