// Asks who it is by the providers of credentials of the AWS SDK for JavaScript v3 that the arguments name; prints one JSON
// object that the test reads. Where they find what they need stands in the environment.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  fromContainerMetadata, fromHttp, fromIni, fromInstanceMetadata, fromNodeProviderChain, fromProcess,
  fromTemporaryCredentials, fromTokenFile,
} from "@aws-sdk/credential-providers";

const profile = (name) => ({ profile: name });
const providers = {
  "fromIni process": () => fromIni(profile("process")),
  "fromIni assumed": () => fromIni(profile("assumed")),
  "fromIni from-machine": () => fromIni(profile("from-machine")),
  fromProcess: () => fromProcess(profile("process")),
  fromContainerMetadata,
  fromHttp,
  fromInstanceMetadata,
  fromNodeProviderChain,
  fromTemporaryCredentials: () => fromTemporaryCredentials({
    masterCredentials: fromIni(profile("base")),
    params: { RoleArn: "arn:aws:iam::111122223333:role/Deploy", RoleSessionName: "temporary" },
  }),
  fromTokenFile,
};

const said = {};
for (const name of process.argv.slice(2)) {
  const sts = new STSClient({ credentials: providers[name](), maxAttempts: 1 });
  said[name] = (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}
console.log(JSON.stringify(said));
