// Drives a running `secgroup serve` with Alibaba's SDKs for Node.js: the new one
// for ECS, and the older pop-core by GET and by POST.
//
// Usage: node sdk.js 127.0.0.1:PORT KEY_ID SECRET [PROFILE [CA_FILE]]
//
// The SDKs are found by NODE_PATH. With a CA_FILE, NODE_EXTRA_CA_CERTS must name
// it as well. The first check that fails ends the script with its message;
// otherwise the last line says how many checks passed. The server must know that
// key and no other, and must have been started just now.

'use strict';

const assert = require('assert');
const Ecs = require('@alicloud/ecs20140526');
const PopCore = require('@alicloud/pop-core');

const REGION = 'cn-hangzhou';

// Each of these characters is encoded in its own way by one SDK or another.
const AWKWARD = "a b*~+/=&%1!'()第ä";

// A description may have 512 characters; these are the longest in a URL.
const CHINESE = '安全组规则说明'.repeat(73) + '完';

let checks = 0;

function check(holds, message) {
  assert.ok(holds, message);
  checks += 1;
}

function same(actual, expected, what) {
  assert.deepStrictEqual(actual, expected, `${what}: ${JSON.stringify(actual)}`);
  checks += 1;
}

// Checks that fields of an object are there and of a type.
function types(fields, kind, names, what) {
  for (const name of names.split(' ')) {
    const shown = JSON.stringify(fields[name]);
    check(typeof fields[name] === kind, `${what}: ${name} is ${shown}, expected a ${kind}`);
  }
}

function isRequestId(text) {
  const pattern = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;
  check(pattern.test(text), `RequestId is ${text}`);
}

// Checks that a call fails as it should; returns the message of the server. The
// older SDK keeps the status with the rest of the answer.
async function refused(status, code, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    const actual = error.entry ? error.entry.response.statusCode : error.statusCode;
    same([actual, error.code], [status, code], `the error ${error.message}`);
    types(error.data, 'string', 'Code HostId Message Recommend RequestId', code);
    isRequestId(error.data.RequestId);
    check(error.retryAfter == null, `${code} asks to retry after ${error.retryAfter}`);
    return error.data.Message;
  }
  throw new Error(`expected ${status} ${code}, but succeeded: ${JSON.stringify(answer)}`);
}

function checkWrongSecret(message, method) {
  const start = 'Specified signature is not matched with our calculation.';
  const expected = `${start} server string to sign is:${method}`;
  check(message.startsWith(expected), `a wrong secret is reported as ${message}`);
}

// The new SDK. `ecs.call('joinSecurityGroup', {...})` makes the request of that
// operation, in the region, and returns the body of the answer.
class Sdk {
  constructor(endpoint, accessKeyId, accessKeySecret, protocol = 'http') {
    const config = { endpoint, accessKeyId, accessKeySecret, protocol, readTimeout: 30000 };
    this.client = new Ecs.default(config);
  }

  async call(operation, fields = {}) {
    const name = operation[0].toUpperCase() + operation.slice(1);
    const request = new Ecs[`${name}Request`]({ regionId: REGION, ...fields });
    const answer = await this.client[operation](request);
    same(answer.statusCode, 200, `the status of ${name}`);
    isRequestId(answer.body.requestId);
    return answer.body;
  }

  async newGroup(vpcId, fields = {}) {
    return (await this.call('createSecurityGroup', { vpcId, ...fields })).securityGroupId;
  }

  async foundGroups(fields) {
    const answer = await this.call('describeSecurityGroups', fields);
    return answer.securityGroups.securityGroup.map((row) => row.securityGroupId);
  }

  async rules(securityGroupId, fields = {}) {
    const asked = { securityGroupId, ...fields };
    return (await this.call('describeSecurityGroupAttribute', asked)).permissions.permission;
  }

  // Returns the only rule of a group about some ports.
  async rule(group, ports, fields = {}) {
    const rules = (await this.rules(group, fields)).filter((rule) => rule.portRange === ports);
    same(rules.length, 1, `the number of rules about ${ports}`);
    return rules[0];
  }
}

// The older SDK, which calls by GET or by POST. By POST nothing is in the query.
class Pop {
  constructor(endpoint, accessKeyId, accessKeySecret, method, apiVersion = '2014-05-26') {
    const config = { endpoint, accessKeyId, accessKeySecret, apiVersion };
    this.client = new PopCore(config);
    this.method = method;
  }

  async call(action, fields = {}) {
    const options = { method: this.method, timeout: 30000 };
    const answer = await this.client.request(action, { RegionId: REGION, ...fields }, options);
    isRequestId(answer.RequestId);
    return answer;
  }

  async rules(SecurityGroupId) {
    const answer = await this.call('DescribeSecurityGroupAttribute', { SecurityGroupId });
    return answer.Permissions.Permission;
  }
}

function ingress(portRange, fields = {}) {
  const usual = { ipProtocol: 'tcp', sourceCidrIp: '10.0.0.0/8' };
  return new Ecs.AuthorizeSecurityGroupRequestPermissions({ ...usual, portRange, ...fields });
}

// Makes a VPC and a vSwitch; the SDK for ECS is of no use for that.
async function newNetwork(connectPop) {
  const get = connectPop('GET', '2016-04-28');
  const vpc = { CidrBlock: '172.16.0.0/12', Description: AWKWARD };
  const { VpcId } = await get.call('CreateVpc', vpc);
  const vswitch = { VpcId, ZoneId: `${REGION}-h`, CidrBlock: '172.16.0.0/24' };
  const post = connectPop('POST', '2016-04-28');
  const { VSwitchId } = await post.call('createVSwitch', { ...vswitch, description: AWKWARD });
  const described = await post.call('DescribeVSwitchAttributes', { VSwitchId });
  same(described.Description, AWKWARD, 'the description that came in a form');
  same([described.VpcId, described.Status], [VpcId, 'Available'], 'the vSwitch');
  return [VpcId, VSwitchId];
}

async function groups(ecs, vpc) {
  const tag = [['team', 'web'], ['empty', '']];
  const tags = tag.map(([key, value]) => new Ecs.CreateSecurityGroupRequestTag({ key, value }));
  const own = { securityGroupName: 'web', description: AWKWARD, tag: tags };
  const group = await ecs.newGroup(vpc, own);
  check(group.startsWith('sg-'), `a group is called ${group}`);
  const ids = { securityGroupIds: JSON.stringify([group]) };
  same(await ecs.foundGroups(ids), [group], 'found by ids');
  const page = await ecs.call('describeSecurityGroups', { securityGroupId: group });
  types(page, 'number', 'pageNumber pageSize totalCount', 'a numbered page');
  const row = page.securityGroups.securityGroup[0];
  types(row, 'string', 'creationTime description resourceGroupId vpcId', 'a group');
  types(row, 'number', 'availableInstanceAmount ecsCount ruleCount', 'a group');
  types(row, 'boolean', 'serviceManaged', 'a group');
  const shown = [row.securityGroupId, row.securityGroupName, row.securityGroupType];
  same(shown, [group, 'web', 'normal'], 'the group');
  const shownTags = row.tags.tag.map((one) => [one.tagKey, one.tagValue]).sort();
  same(shownTags, tag.sort(), 'the tags of the group');
  const described = await ecs.call('describeSecurityGroupAttribute', { securityGroupId: group });
  same(described.description, AWKWARD, 'the description of the group');
  same(described.innerAccessPolicy, 'Accept', 'the policy of a new basic group');
  same(described.permissions.permission, [], 'the rules of a new group');
  return group;
}

async function paging(ecs, vpc) {
  const made = [];
  for (let count = 0; count < 5; count += 1) {
    made.push(await ecs.newGroup(vpc, { securityGroupName: 'paged' }));
  }
  const pages = [];
  let nextToken;
  do {
    const asked = { securityGroupName: 'paged', maxResults: 2, nextToken };
    const page = await ecs.call('describeSecurityGroups', asked);
    same(page.totalCount, undefined, 'TotalCount beside a token');
    types(page, 'string', 'nextToken', 'a page');
    nextToken = page.nextToken;
    pages.push(page.securityGroups.securityGroup.map((row) => row.securityGroupId));
  } while (nextToken !== '');
  same(pages.map((page) => page.length), [2, 2, 1], 'the sizes of the pages');
  same(pages.flat().sort(), made.sort(), 'the groups of all pages');
  for (const securityGroupId of made) {
    await ecs.call('deleteSecurityGroup', { securityGroupId });
  }
}

async function rules(ecs, group) {
  const own = { securityGroupId: group };
  const flat = { ipProtocol: 'tcp', portRange: '22/22', sourceCidrIp: '10.159.6.18/12' };
  const fields = { ...own, ...flat, priority: '5', description: AWKWARD };
  await ecs.call('authorizeSecurityGroup', fields);
  const rule = await ecs.rule(group, '22/22', { direction: 'ingress' });
  const names = Object.keys(rule);
  same(names.length, 26, `the number of fields of ${names}`);
  types(rule, 'string', names.join(' '), 'a rule');
  const shown = [rule.ipProtocol, rule.policy, rule.priority, rule.nicType, rule.sourceCidrIp];
  same(shown, ['TCP', 'Accept', '5', 'intranet', '10.159.6.18/12'], 'a rule');
  same(rule.description, AWKWARD, 'the description of a rule');

  const prefix = '2001:0db8:3c4d:0015:0000:0000:1a2f:1a2b/0';
  const ipv6 = { sourceCidrIp: undefined, ipv6SourceCidrIp: prefix };
  const listed = [ingress('80/80', { policy: 'drop', priority: '100' }), ingress('443/443', ipv6)];
  await ecs.call('authorizeSecurityGroup', { ...own, permissions: listed });
  const drop = await ecs.rule(group, '80/80');
  same([drop.policy, drop.priority], ['Drop', '100'], 'a rule that drops');
  const shownPrefix = (await ecs.rule(group, '443/443')).ipv6SourceCidrIp;
  same(shownPrefix, '2001:db8:3c4d:15::1a2f:1a2b/0', 'an IPv6 prefix');

  const Egress = Ecs.AuthorizeSecurityGroupEgressRequestPermissions;
  const out = { ipProtocol: 'udp', portRange: '53/53', destCidrIp: '10.0.0.53' };
  await ecs.call('authorizeSecurityGroupEgress', { ...own, permissions: [new Egress(out)] });
  const outward = await ecs.rules(group, { direction: 'egress' });
  same(outward.map((one) => one.destCidrIp), ['10.0.0.53'], 'the egress rules');

  await ecs.call('modifySecurityGroupRule', { ...fields, description: '外部' });
  same((await ecs.rule(group, '22/22')).description, '外部', 'the changed description');
  const wrong = () => ecs.call('modifySecurityGroupRule', { ...fields, priority: '6' });
  await refused(404, 'SecurityGroupRule.NotFound', wrong);

  const missing = () => ecs.call('revokeSecurityGroup', { ...own, ...flat });
  await refused(400, 'InvalidSecurityGroupRule.RuleNotExist', missing);
  await ecs.call('revokeSecurityGroup', { ...own, ...flat, priority: '5' });
  const Revoked = Ecs.RevokeSecurityGroupRequestPermissions;
  const two = listed.map((one) => new Revoked({ ...one }));
  await ecs.call('revokeSecurityGroup', { ...own, permissions: two });
  await ecs.call('revokeSecurityGroupEgress', { ...own, ...out });
  same(await ecs.rules(group), [], 'the rules after all were revoked');
}

// Removes a rule by its id, and changes it before, which `profile=current` offers.
async function rulesById(ecs, group, profile) {
  const own = { securityGroupId: group };
  await ecs.call('authorizeSecurityGroup', { ...own, permissions: [ingress('22/22')] });
  const { securityGroupRuleId } = await ecs.rule(group, '22/22');
  if (profile === 'current') {
    const change = { securityGroupRuleId, portRange: '1/1024', policy: 'drop', priority: '7' };
    await ecs.call('modifySecurityGroupRule', { ...own, ...change });
    const rule = await ecs.rule(group, '1/1024');
    const shown = [rule.securityGroupRuleId, rule.policy, rule.priority, rule.sourceCidrIp];
    same(shown, [securityGroupRuleId, 'Drop', '7', '10.0.0.0/8'], 'the changed rule');
  }
  const revoke = (id) => ecs.call('revokeSecurityGroup', { ...own, securityGroupRuleId: [id] });
  await refused(400, 'InvalidParam.SecurityGroupRuleId', () => revoke('sgr-nobody'));
  await revoke(securityGroupRuleId);
  same(await ecs.rules(group), [], 'the rules after it was revoked by id');
}

async function aHundredRules(ecs, vpc) {
  const group = await ecs.newGroup(vpc);
  const ports = Array.from({ length: 100 }, (_, index) => `${index + 1}/${index + 1}`);
  const permissions = ports.map((one) => ingress(one, { description: CHINESE }));
  await ecs.call('authorizeSecurityGroup', { securityGroupId: group, permissions });
  const stored = await ecs.rules(group);
  same(stored.map((rule) => rule.portRange).sort(), ports.sort(), 'the ports of the rules');
  check(stored.every((rule) => rule.description === CHINESE), 'a description changed');
  await ecs.call('deleteSecurityGroup', { securityGroupId: group });
}

async function innerPolicy(ecs, group, vpc) {
  const modify = (fields) => ecs.call('modifySecurityGroupPolicy', fields);
  const basic = { securityGroupId: group };
  await modify({ ...basic, innerAccessPolicy: 'DROP' });
  const stored = await ecs.call('describeSecurityGroupAttribute', basic);
  same(stored.innerAccessPolicy, 'Drop', 'the policy after DROP');
  const wrong = { ...basic, innerAccessPolicy: 'allow' };
  await refused(400, 'InvalidPolicy.Malformed', () => modify(wrong));
  const regionless = { ...basic, innerAccessPolicy: 'Drop', regionId: undefined };
  await refused(400, 'MissingParamter.RegionId', () => modify(regionless));
  const name = await ecs.newGroup(vpc, { securityGroupType: 'enterprise' });
  const advanced = { securityGroupId: name };
  const fixed = { ...advanced, innerAccessPolicy: 'Accept' };
  await refused(404, 'InvalidParameter.InnerAccessPolicy', () => modify(fixed));
  await ecs.call('deleteSecurityGroup', advanced);
}

async function members(ecs, group, vpc, vSwitchId) {
  const other = await ecs.newGroup(vpc);
  const image = { imageId: 'aliyun_3_x64_20G_alibase_20240528.vhd', instanceType: 'ecs.g7.large' };
  const launched = { ...image, vSwitchId, securityGroupId: group, amount: 1 };
  const [instanceId] = (await ecs.call('runInstances', launched)).instanceIdSets.instanceIdSet;
  const instance = async () => {
    const asked = { instanceIds: JSON.stringify([instanceId]) };
    return (await ecs.call('describeInstances', asked)).instances.instance[0];
  };
  const ownGroups = async () => (await instance()).securityGroupIds.securityGroupId.sort();
  types(await instance(), 'string', 'status creationTime zoneId', 'an instance');
  types(await instance(), 'boolean', 'deletionProtection', 'an instance');
  const member = { securityGroupId: other, instanceId };
  const [join, leave] = ['joinSecurityGroup', 'leaveSecurityGroup'];
  await ecs.call(join, member);
  same(await ownGroups(), [group, other].sort(), 'the groups after it joined');
  await refused(403, 'InvalidInstanceId.AlreadyExists', () => ecs.call(join, member));
  const remove = () => ecs.call('deleteSecurityGroup', { securityGroupId: other });
  await refused(403, 'DependencyViolation', remove);
  await ecs.call(leave, member);
  same(await ownGroups(), [group], 'the groups after it left');
  const again = () => ecs.call(leave, member);
  await refused(400, 'InvalidSecurityGroupAssociation.NotFound', again);
  const last = () => ecs.call(leave, { ...member, securityGroupId: group });
  await refused(403, 'InstanceLastSecurityGroup', last);
  await ecs.call('deleteInstance', { instanceId, force: true });
  same(await instance(), undefined, 'the instance after it was deleted');
  await remove();
}

async function interfaces(ecs, group, vpc, vSwitchId) {
  const other = await ecs.newGroup(vpc);
  const wanted = { vSwitchId, securityGroupIds: [group, other], deleteOnRelease: false };
  const { networkInterfaceId } = await ecs.call('createNetworkInterface', wanted);
  const found = async () => {
    const asked = { networkInterfaceId: [networkInterfaceId] };
    const answer = await ecs.call('describeNetworkInterfaces', asked);
    return answer.networkInterfaceSets.networkInterfaceSet[0];
  };
  const ownGroups = async () => (await found()).securityGroupIds.securityGroupId.sort();
  const row = await found();
  types(row, 'string', 'macAddress privateIpAddress status type zoneId', 'an interface');
  types(row, 'boolean', 'deleteOnRelease serviceManaged', 'an interface');
  types(row, 'number', 'queueNumber', 'an interface');
  types(row.privateIpSets.privateIpSet[0], 'boolean', 'primary', 'an address');
  same(row.ipv6Sets.ipv6Set, [], 'the IPv6 addresses');
  const member = { securityGroupId: other, networkInterfaceId };
  await ecs.call('leaveSecurityGroup', member);
  same(await ownGroups(), [group], 'the groups after it left');
  const last = () => ecs.call('leaveSecurityGroup', { ...member, securityGroupId: group });
  await refused(403, 'InvalidOperation.AtLeastInOneGroup', last);
  await ecs.call('joinSecurityGroup', member);
  same(await ownGroups(), [group, other].sort(), 'the groups after it joined');
  const replaced = { networkInterfaceId, securityGroupId: [other] };
  await ecs.call('modifyNetworkInterfaceAttribute', replaced);
  same(await ownGroups(), [other], 'the groups after they were replaced');
  await ecs.call('deleteNetworkInterface', { networkInterfaceId });
  same(await found(), undefined, 'the interface after it was deleted');
  await ecs.call('deleteSecurityGroup', { securityGroupId: other });
}

async function tags(ecs, group) {
  const resource = { resourceType: 'securitygroup', resourceId: [group] };
  const tag = new Ecs.TagResourcesRequestTag({ key: AWKWARD, value: AWKWARD });
  await ecs.call('tagResources', { ...resource, tag: [tag] });
  const keys = async () => {
    const rows = (await ecs.call('listTagResources', resource)).tagResources.tagResource;
    return rows.map((row) => row.tagKey).sort();
  };
  same(await keys(), ['team', 'empty', AWKWARD].sort(), 'the tags of the group');
  const wanted = new Ecs.DescribeSecurityGroupsRequestTag({ key: 'team', value: 'web' });
  same(await ecs.foundGroups({ tag: [wanted] }), [group], 'the groups found by tag');
  await ecs.call('untagResources', { ...resource, tagKey: [AWKWARD] });
  same(await keys(), ['empty', 'team'], 'the tags without one');
  await ecs.call('untagResources', { ...resource, all: true });
  same(await keys(), [], 'the tags without all');
}

async function prefixLists(ecs, group) {
  const Entry = Ecs.CreatePrefixListRequestEntry;
  const entry = [new Entry({ cidr: '192.168.1.0/24', description: '北京' })];
  const fields = { prefixListName: 'offices', addressFamily: 'IPv4', maxEntries: 10, entry };
  const { prefixListId } = await ecs.call('createPrefixList', fields);
  const describe = () => ecs.call('describePrefixListAttributes', { prefixListId });
  const entries = async () => (await describe()).entries.entry.map((one) => one.cidr).sort();
  types(await describe(), 'number', 'maxEntries', 'a prefix list');
  same((await describe()).entries.entry[0].description, '北京', 'the entry');
  const addEntry = [new Ecs.ModifyPrefixListRequestAddEntry({ cidr: '10.0.0.0/8' })];
  const removeEntry = [new Ecs.ModifyPrefixListRequestRemoveEntry({ cidr: '192.168.1.0/24' })];
  await ecs.call('modifyPrefixList', { prefixListId, addEntry, removeEntry });
  same(await entries(), ['10.0.0.0/8'], 'the changed entries');
  const peer = { sourceCidrIp: undefined, sourcePrefixListId: prefixListId };
  const listed = { securityGroupId: group, permissions: [ingress('9/9', peer)] };
  await ecs.call('authorizeSecurityGroup', listed);
  const row = await ecs.call('describePrefixLists', { prefixListId: [prefixListId] });
  same(row.prefixLists.prefixList[0].associationCount, 1, 'how often it is used');
  const remove = () => ecs.call('deletePrefixList', { prefixListId });
  await refused(400, 'NotAllowed.AssociationExist', remove);
  const rule = { ipProtocol: 'tcp', portRange: '9/9', sourcePrefixListId: prefixListId };
  await ecs.call('revokeSecurityGroup', { securityGroupId: group, ...rule });
  await remove();
  await refused(404, 'InvalidPrefixListId.NotFound', describe);
}

async function errors(ecs, group, vpc) {
  const nobody = { securityGroupId: 'sg-nobody' };
  const describe = () => ecs.call('describeSecurityGroupAttribute', nobody);
  await refused(404, 'InvalidSecurityGroupId.NotFound', describe);
  const remove = () => ecs.call('deleteSecurityGroup', nobody);
  await refused(404, 'InvalidSecurityGroup.NotFound', remove);
  for (const ports of ['18082', '200/1', '1/65536']) {
    const wrong = { securityGroupId: group, permissions: [ingress(ports)] };
    const call = () => ecs.call('authorizeSecurityGroup', wrong);
    await refused(400, 'InvalidParam.PortRange', call);
  }
  const create = (securityGroupName) => ecs.newGroup(vpc, { securityGroupName, clientToken: 't' });
  const once = await create('once');
  same(await create('once'), once, 'what a token made the second time');
  await refused(400, 'IdempotentParameterMismatch', () => create('twice'));
  await ecs.call('deleteSecurityGroup', { securityGroupId: once });
}

// Goes through the life of a group with the older SDK.
async function pop(api, vpc) {
  const own = { VpcId: vpc, Description: AWKWARD, Tag: [{ Key: 'empty', Value: '' }] };
  const made = await api.call('CreateSecurityGroup', own);
  const group = { SecurityGroupId: made.SecurityGroupId };
  const found = await api.call('DescribeSecurityGroups', group);
  types(found, 'number', 'PageNumber PageSize TotalCount', 'a numbered page');
  const row = found.SecurityGroups.SecurityGroup[0];
  const shown = row.Tags.Tag.map((tag) => [tag.TagKey, tag.TagValue]);
  same(shown, [['empty', '']], 'the tags of a group');
  const flat = { IpProtocol: 'tcp', PortRange: '1/1', SourceCidrIp: '10.0.0.0/8' };
  // This SDK lets the caller write names with a small letter.
  await api.call('authorizeSecurityGroup', { securityGroupId: made.SecurityGroupId, ...flat });
  const ports = Array.from({ length: 99 }, (_, index) => `${index + 2}/${index + 2}`);
  const listed = ports.map((one) => ({ ...flat, PortRange: one, Description: CHINESE }));
  await api.call('AuthorizeSecurityGroup', { ...group, Permissions: listed });
  const rules = await api.rules(made.SecurityGroupId);
  same(rules.map((rule) => rule.PortRange).sort(), ['1/1', ...ports].sort(), 'all ports');
  types(rules[0], 'string', 'SecurityGroupRuleId Priority Description CreateTime', 'a rule');
  const stored = rules.filter((rule) => rule.Description === CHINESE);
  same(stored.length, 99, 'the number of long descriptions');
  const described = { ...group, ...flat, Description: AWKWARD };
  await api.call('ModifySecurityGroupRule', described);
  const first = (await api.rules(made.SecurityGroupId)).find((rule) => rule.PortRange === '1/1');
  same(first.Description, AWKWARD, 'the changed description');
  await api.call('RevokeSecurityGroup', { ...group, Permissions: listed });
  same((await api.rules(made.SecurityGroupId)).length, 1, 'what is left of the rules');
  await api.call('ModifySecurityGroupPolicy', { ...group, InnerAccessPolicy: 'drop' });
  const wrong = () => api.call('AuthorizeSecurityGroup', { ...group, ...flat, PortRange: '1' });
  await refused(400, 'InvalidParam.PortRange', wrong);
  await api.call('DeleteSecurityGroup', group);
  const again = () => api.call('DeleteSecurityGroup', group);
  await refused(404, 'InvalidSecurityGroup.NotFound', again);
  await refused(404, 'InvalidAction.NotFound', () => api.call('DescribeNothing'));
}

async function main(endpoint, key, secret, profile = 'seed', caFile = undefined) {
  const connectPop = (method, version) =>
    new Pop(`http://${endpoint}`, key, secret, method, version);
  const ecs = new Sdk(endpoint, key, secret);
  const [vpc, vswitch] = await newNetwork(connectPop);
  const group = await groups(ecs, vpc);
  await paging(ecs, vpc);
  await rules(ecs, group);
  await rulesById(ecs, group, profile);
  await aHundredRules(ecs, vpc);
  await innerPolicy(ecs, group, vpc);
  await members(ecs, group, vpc, vswitch);
  await interfaces(ecs, group, vpc, vswitch);
  await tags(ecs, group);
  await prefixLists(ecs, group);
  await errors(ecs, group, vpc);

  const asked = { securityGroupName: AWKWARD };
  const sdk = (...keys) => {
    const api = new Sdk(endpoint, ...keys);
    return () => api.call('describeSecurityGroups', asked);
  };
  checkWrongSecret(await refused(400, 'SignatureDoesNotMatch', sdk(key, 'wrong')), 'POST');
  await refused(404, 'InvalidAccessKeyId.NotFound', sdk('nobody', secret));
  for (const method of ['GET', 'POST']) {
    await pop(connectPop(method), vpc);
    const older = (...keys) => {
      const api = new Pop(`http://${endpoint}`, ...keys, method);
      return () => api.call('DescribeSecurityGroups', { SecurityGroupName: AWKWARD });
    };
    checkWrongSecret(await refused(400, 'SignatureDoesNotMatch', older(key, 'wrong')), method);
    await refused(404, 'InvalidAccessKeyId.NotFound', older('nobody', secret));
    if (caFile) {
      const secure = new Pop(`https://${endpoint}`, key, secret, method);
      const found = await secure.call('DescribeSecurityGroups', { SecurityGroupId: group });
      same(found.TotalCount, 1, `the number of groups found by ${method} over TLS`);
    }
  }
  if (caFile) {
    const secure = new Sdk(endpoint, key, secret, 'https');
    same(await secure.foundGroups({ securityGroupId: group }), [group], 'found over TLS');
  }
  await ecs.call('deleteSecurityGroup', { securityGroupId: group });
  console.log(`${checks} checks passed`);
}

main(...process.argv.slice(2)).then(
  // The older SDK keeps connections open, which would keep the program alive.
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
