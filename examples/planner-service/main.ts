import { azureCatalogs, plannerService } from './planner-service.js';

/* Run it:  node examples/dist/planner-service/main.js 8080
 * Ask it:  curl --data-binary @examples/inference/kaito_workspace_phi_3.yaml localhost:8080/plan */
const catalogs = await azureCatalogs(new Date().toISOString().slice(0, 10));
const server = plannerService(() => catalogs).listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  const address = server.address();
  console.log(`plans on http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/plan`);
});
