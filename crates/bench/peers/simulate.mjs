// Puts the questions of `keyward-bench explain` to @cloud-copilot/iam-simulate, by its documented function alone.
// usage: node simulate.mjs EXPORT explain ROLE_ARN ACTION RESOURCE
//        node simulate.mjs EXPORT who-can ACTION RESOURCE
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const [path, mode, ...rest] = process.argv.slice(2)
const account = JSON.parse(readFileSync(path, 'utf8'))
const managed = new Map(
  account.Policies.map((it) => [it.Arn, it.PolicyVersionList.find((version) => version.IsDefaultVersion).Document]),
)

async function ask(role, action, resource) {
  const identityPolicies = [
    ...role.RolePolicyList.map((it) => ({ name: it.PolicyName, policy: it.PolicyDocument })),
    ...role.AttachedManagedPolicies.map((it) => ({ name: it.PolicyName, policy: managed.get(it.PolicyArn) })),
  ]
  const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn
  const simulation = {
    request: {
      principal: role.Arn,
      action,
      resource: { resource, accountId: role.Arn.split(':')[4] },
      contextVariables: {},
    },
    identityPolicies,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(boundary ? { permissionBoundaryPolicies: [{ name: 'boundary', policy: managed.get(boundary) }] } : {}),
  }
  const answer = await runSimulation(simulation, {})
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors))
  return answer.overallResult
}

if (mode === 'explain') {
  const [arn, action, resource] = rest
  console.log(await ask(account.RoleDetailList.find((it) => it.Arn === arn), action, resource))
} else {
  const [action, resource] = rest
  let can = 0
  for (const role of account.RoleDetailList) {
    if ((await ask(role, action, resource)) === 'Allowed') can += 1
  }
  console.log(can)
}
