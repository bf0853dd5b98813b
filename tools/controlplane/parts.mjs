// What a control plane is made of: which program comes from which Go module. Data only.

/** The Kubernetes release; kubernetes/go.mod names the same one, and `npm run test:e2e` fails when they differ. */
export const kubernetesVersion = '1.34.4';

const [major, minor] = kubernetesVersion.split('.');
// Programs built outside Kubernetes' own scripts call themselves v0.0.0-master, which clients take for a server from
// the stone age. These are the variables its scripts set.
const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((variable) => [
  `-X ${variable}.gitVersion=v${kubernetesVersion}`,
  `-X ${variable}.gitMajor=${major}`,
  `-X ${variable}.gitMinor=${minor}`,
  `-X ${variable}.gitTreeState=clean`,
]);

/**
 * Each part: `module` is the folder here whose go.mod pins it, `package` the program that is built, or `of` and `files` the
 * module and its folder that are copied; `set` the name that `--with` knows it by (none: always made); `hint` the time it takes
 * at first, on two cores, in words.
 */
export const parts = [
  { name: 'etcd', module: 'etcd', package: 'go.etcd.io/etcd/server/v3', hint: 'half a minute' },
  {
    name: 'kube-apiserver',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    stamps,
    hint: 'three to five minutes',
  },
  {
    name: 'kube-controller-manager',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    stamps,
    hint: 'one to two minutes',
  },
  {
    name: 'kube-scheduler',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-scheduler',
    stamps,
    hint: 'a few seconds after the others',
  },
  { name: 'kubectl', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl', stamps, hint: 'half a minute' },
  {
    name: 'karpenter-crds',
    module: 'karpenter',
    of: 'sigs.k8s.io/karpenter',
    files: 'pkg/apis/crds',
    hint: 'a few seconds',
  },
  { name: 'kwok', module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', set: 'kwok', hint: 'one to two minutes' },
  {
    name: 'karpenter',
    module: 'karpenter',
    package: 'sigs.k8s.io/karpenter/kwok',
    set: 'karpenter',
    hint: 'two to five minutes',
  },
];
