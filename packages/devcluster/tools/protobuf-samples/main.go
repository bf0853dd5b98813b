// Prints objects of built-in kinds, filled at random from a fixed seed, each in JSON and in protobuf as Kubernetes' own Go types write them.
// They are what test/http/protobuf.test.ts holds our reader to.
// Usage: go run . > ../../test/http/protobuf-samples.json
package main

import (
	"encoding/json"
	"fmt"
	"time"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscaling "k8s.io/api/autoscaling/v1"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/randfill"
)

type sample struct {
	Kind     string          `json:"kind"`
	JSON     json.RawMessage `json:"json"`
	Protobuf []byte          `json:"protobuf"`
}

func main() {
	scheme := clientgoscheme.Scheme
	random := func(seed int64) *randfill.Filler {
		return randfill.NewWithSeed(seed).NilChance(0.55).NumElements(1, 1).MaxDepth(12).Funcs(
			func(q *resource.Quantity, c randfill.Continue) { *q = resource.MustParse(fmt.Sprintf("%dMi", c.Int31n(1000))) },
			func(t *meta.Time, c randfill.Continue) { *t = meta.NewTime(time.Unix(int64(c.Int31()), 0)) },
			func(t *meta.MicroTime, c randfill.Continue) {
				*t = meta.NewMicroTime(time.Unix(int64(c.Int31()), int64(c.Int31n(1000000))*1000))
			},
			func(v *intstr.IntOrString, c randfill.Continue) {
				if c.Bool() {
					*v = intstr.FromString("25%")
				} else {
					*v = intstr.FromInt32(c.Int31())
				}
			},
			func(f *meta.FieldsV1, c randfill.Continue) { f.Raw = []byte(`{"f:metadata":{}}`) },
			func(r *runtime.RawExtension, c randfill.Continue) { r.Raw = []byte(`{"serial":9007199254740993}`) },
			func(s *string, c randfill.Continue) {
				*s = []string{"", "web", "größe", "a/b"}[c.Intn(4)]
			},
			func(n *int32, c randfill.Continue) { *n = []int32{0, -1, 7, 2147483647}[c.Intn(4)] },
			func(n *int64, c randfill.Continue) { *n = []int64{0, -1, 30, 9007199254740993}[c.Intn(4)] },
			func(b *[]byte, c randfill.Continue) { *b = []byte("bytes") },
			func(m *meta.TypeMeta, c randfill.Continue) {},
		)
	}
	objects := []runtime.Object{
		&core.Namespace{}, &core.Node{}, &core.Pod{}, &core.Pod{}, &core.Pod{}, &core.Pod{}, &core.Pod{}, &core.Service{}, &core.Endpoints{}, &core.ConfigMap{}, &core.Secret{},
		&core.ServiceAccount{}, &core.PersistentVolumeClaim{}, &core.PersistentVolume{}, &core.PersistentVolume{}, &core.Event{}, &core.ResourceQuota{}, &core.LimitRange{},
		&core.PodTemplate{}, &core.Binding{}, &apps.Deployment{}, &apps.ReplicaSet{}, &apps.StatefulSet{}, &apps.DaemonSet{}, &apps.ControllerRevision{},
		&batch.Job{}, &batch.CronJob{}, &coordination.Lease{}, &discovery.EndpointSlice{}, &events.Event{}, &rbac.Role{}, &rbac.RoleBinding{},
		&rbac.ClusterRole{}, &rbac.ClusterRoleBinding{}, &policy.PodDisruptionBudget{}, &policy.Eviction{}, &storage.StorageClass{}, &storage.CSIDriver{},
		&storage.CSINode{}, &storage.VolumeAttachment{}, &admissionregistration.MutatingWebhookConfiguration{}, &admissionregistration.ValidatingWebhookConfiguration{},
		&networking.Ingress{}, &networking.NetworkPolicy{}, &networking.IngressClass{}, &scheduling.PriorityClass{}, &autoscaling.HorizontalPodAutoscaler{}, &autoscaling.Scale{},
		&authentication.TokenRequest{}, &authentication.TokenReview{}, &authentication.SelfSubjectReview{}, &authorization.SelfSubjectAccessReview{},
		&authorization.SubjectAccessReview{}, &authorization.LocalSubjectAccessReview{}, &authorization.SelfSubjectRulesReview{}, &meta.DeleteOptions{},
	}
	serializer := protobuf.NewSerializer(scheme, scheme)
	samples := []sample{}
	for seed, object := range objects {
		random(int64(seed + 1)).Fill(object)
		var gvk schema.GroupVersionKind
		if _, is := object.(*meta.DeleteOptions); is {
			gvk = schema.GroupVersionKind{Version: "v1", Kind: "DeleteOptions"}
		} else {
			found, _, err := scheme.ObjectKinds(object)
			if err != nil {
				panic(err)
			}
			gvk = found[0]
		}
		object.GetObjectKind().SetGroupVersionKind(gvk)
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		bytes, err := runtime.Encode(serializer, object)
		if err != nil {
			panic(err)
		}
		samples = append(samples, sample{gvk.GroupVersion().String() + " " + gvk.Kind, text, bytes})
	}
	for i, each := range samples {
		text, err := json.Marshal(each)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s%s", map[bool]string{true: "[\n", false: ",\n"}[i == 0], text)
	}
	fmt.Println("\n]")
}
