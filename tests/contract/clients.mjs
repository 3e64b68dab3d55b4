// Drives Goldpath with Backstage's own published clients and prints what they saw as one JSON object.
// Usage: node clients.mjs BASE_URL TOKEN USER_REF TEMPLATE_REF SERVICE_NAME OWNER_REF
import { CatalogClient } from '@backstage/catalog-client';
import { ScaffolderClient } from '@backstage/plugin-scaffolder-common';

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

console.log(JSON.stringify(seen));
