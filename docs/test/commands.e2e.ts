import { programs } from '../../e2e/dist/programs.js';
import { helm } from '../../e2e/dist/strangers/stranger-programs.js';
import { Desk } from './support/desk.js';
import { InstalledCluster } from './support/installed-cluster.js';
import { typed } from './support/typed.js';

describe('the commands of the documentation, typed at a cluster', function () {
  // A first build of Helm takes minutes.
  this.timeout(900_000);
  let cluster: InstalledCluster;
  before(async () => {
    cluster = await InstalledCluster.start();
  });
  after(() => cluster.stop());

  typed(
    'e2e',
    (page) => {
      const desk = new Desk(page).likeTheRepository().program('kubectl', programs().kubectl).program('helm', helm());
      desk.env.KUBECONFIG = cluster.wayIn(desk.folder);
      return desk;
    },
    () => cluster.standIn(),
  );
});
