// Drives Goldpath with Backstage's own published clients and prints what they saw as one JSON object.
// Usage: node clients.mjs BASE_URL TOKEN USER_REF TEMPLATE_REF SERVICE_NAME OWNER_REF
import { CatalogClient } from '@backstage/catalog-client';
import { ScaffolderClient } from '@backstage/plugin-scaffolder-common';
import { TechInsightsClient } from '@backstage-community/plugin-tech-insights-common/client';

const [base, token, userEntityRef, templateRef, name, owner] = process.argv.slice(2);

const discoveryApi = { getBaseUrl: async id => `${base}/api/${id}` };
const authorized = (url, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(url, { ...init, headers });
};
const catalog = new CatalogClient({ discoveryApi, fetchApi: { fetch } });
const scaffolder = new ScaffolderClient({
  discoveryApi,
  fetchApi: { fetch: authorized },
  scmIntegrationsApi: {},
  identityApi: { getBackstageIdentity: async () => ({ userEntityRef }) },
  useLongPollingLogs: true,
});
const insights = new TechInsightsClient({ discoveryApi, identityApi: { getCredentials: async () => ({ token }) } });
const insightsOf = wrong => new TechInsightsClient({ discoveryApi, identityApi: { getCredentials: async () => ({ token: wrong }) } });
const anonymous = new ScaffolderClient({ discoveryApi, fetchApi: { fetch }, scmIntegrationsApi: {} });

const follow = taskId =>
  new Promise((resolve, reject) => {
    const events = [];
    scaffolder.streamLogs({ taskId }).subscribe({
      next: event => events.push(event),
      error: reject,
      complete: () => resolve(events),
    });
  });

const refused = async promise => {
  try {
    await promise;
    return { refused: false };
  } catch (error) {
    return { refused: true, status: error.statusCode, name: error.cause?.name, message: error.message };
  }
};

// The worker scans a new service on its own; until then Tech Insights has nothing to say of it.
const scanned = async () => {
  for (const end = Date.now() + 90_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 250))) {
    const response = await authorized(`${base}/api/goldpath/v1/services/default/${name}`);
    const service = response.ok ? await response.json() : {};
    if (service.evaluatedAt) return service;
  }
  throw new Error(`${name} was not scanned`);
};

const values = { name, owner, description: 'Made through the published client', lifecycle: 'experimental' };
const seen = {};

seen.schema = await scaffolder.getTemplateParameterSchema(templateRef);
seen.actions = await scaffolder.listActions();
const template = await catalog.getEntityByRef(templateRef, { token });
seen.template = template;
seen.dryRun = await scaffolder.dryRun({ template, values, secrets: {}, directoryContents: [] });
seen.invalid = await refused(scaffolder.scaffold({ templateRef, values: { ...values, name: '../etc' }, secrets: {} }));
const { taskId } = await scaffolder.scaffold({ templateRef, values, secrets: {} });
seen.taskId = taskId;
seen.events = await follow(taskId);
seen.task = await scaffolder.getTask(taskId);
seen.owned = await scaffolder.listTasks({ filterByOwnership: 'owned' });
seen.all = await scaffolder.listTasks({ filterByOwnership: 'all', limit: 1, offset: 0 });
seen.retryOfCompleted = await refused(scaffolder.retry(taskId));
seen.unknownTask = await refused(scaffolder.getTask('00000000-0000-4000-8000-000000000000'));
seen.anonymous = await refused(anonymous.getTask(taskId));

seen.component = await catalog.getEntityByRef(`component:default/${name}`, { token });
seen.missing = (await catalog.getEntityByRef('component:default/no-such-thing', { token })) ?? null;
seen.groups = await catalog.queryEntities({ filter: { kind: 'Group' }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 1 }, { token });
seen.nextGroups = await catalog.queryEntities({ cursor: seen.groups.pageInfo.nextCursor, limit: 1 }, { token });
seen.count = await catalog.queryEntities({ filter: { kind: ['Component', 'API'] }, limit: 0 }, { token });

seen.service = await scanned();
const entity = { namespace: 'default', kind: 'Component', name };
const ghost = { ...entity, name: 'no-such-thing' };
seen.checks = await insights.getAllChecks();
seen.schemas = await insights.getFactSchemas();
seen.facts = await insights.getFacts(entity, seen.schemas.map(schema => schema.id));
seen.factsOfGhost = await insights.getFacts(ghost, ['goldpath-standing']);
seen.run = await insights.runChecks(entity);
seen.runSome = await insights.runChecks(entity, [seen.checks[0].id]);
seen.runGhost = await insights.runChecks(ghost);
seen.runUnknownCheck = await refused(insights.runChecks(entity, ['no-such-check']));
seen.bulk = await insights.runBulkChecks([entity, ghost]);
seen.bulkAll = await insights.runBulkChecks([]);
// At a multiple of its chunk the client asks once more, with an empty list: that means all.
seen.bulkOverChunk = await insights.runBulkChecks(Array(750).fill(ghost), [seen.checks[0]]);
seen.insightsForged = await refused(insightsOf('gp_forged').getAllChecks());

console.log(JSON.stringify(seen));
