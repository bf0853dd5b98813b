// The peer of the engine's bench: the same trivial controller on controller-runtime, with its defaults.
//
// For each Widget it sees to a ConfigMap of the same name (owner reference, size in its data) and then to status.phase=Ready.
// Modes: `controller` reconciles Widgets; `cache` only fills a cache with every ConfigMap and says how long that took;
// `metadata` does the same with PartialObjectMetadata. It says on standard output what it has reached, one JSON object a line.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

type WidgetSpec struct {
	Size int `json:"size,omitempty"`
}
type WidgetStatus struct {
	Phase string `json:"phase,omitempty"`
}
type Widget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              WidgetSpec   `json:"spec,omitempty"`
	Status            WidgetStatus `json:"status,omitempty"`
}
type WidgetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Widget `json:"items"`
}

func (w *Widget) DeepCopyObject() runtime.Object {
	out := &Widget{TypeMeta: w.TypeMeta, Spec: w.Spec, Status: w.Status}
	w.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	return out
}

func (l *WidgetList) DeepCopyObject() runtime.Object {
	out := &WidgetList{TypeMeta: l.TypeMeta}
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	for i := range l.Items {
		out.Items = append(out.Items, *l.Items[i].DeepCopyObject().(*Widget))
	}
	return out
}

var version = schema.GroupVersion{Group: "ex.io", Version: "v1"}

type reconciler struct {
	client.Client
	scheme *runtime.Scheme
	// Server-side apply in place of create.
	apply  bool
	passes atomic.Int64
}

func (r *reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	defer r.passes.Add(1)
	var widget Widget
	if err := r.Get(ctx, request.NamespacedName, &widget); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if widget.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	var live corev1.ConfigMap
	err := r.Get(ctx, types.NamespacedName{Namespace: widget.Namespace, Name: widget.Name}, &live)
	if apierrors.IsNotFound(err) {
		wanted := corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: widget.Namespace, Name: widget.Name},
			Data:       map[string]string{"size": strconv.Itoa(widget.Spec.Size)},
		}
		if err := controllerutil.SetControllerReference(&widget, &wanted, r.scheme); err != nil {
			return reconcile.Result{}, err
		}
		if err := r.write(ctx, &wanted); err != nil {
			return reconcile.Result{}, err
		}
	} else if err != nil {
		return reconcile.Result{}, err
	}
	if widget.Status.Phase == "Ready" {
		return reconcile.Result{}, nil
	}
	before := widget.DeepCopyObject().(*Widget)
	widget.Status.Phase = "Ready"
	return reconcile.Result{}, r.Status().Patch(ctx, &widget, client.MergeFrom(before))
}

func (r *reconciler) write(ctx context.Context, wanted *corev1.ConfigMap) error {
	if !r.apply {
		return client.IgnoreAlreadyExists(r.Create(ctx, wanted))
	}
	wanted.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}
	//nolint:staticcheck // The typed apply of newer releases sends the same request.
	return r.Patch(ctx, wanted, client.Apply, client.FieldOwner("bench"), client.ForceOwnership)
}

func say(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	began := time.Now()
	mode := flag.String("mode", "controller", "controller, cache or metadata")
	workers := flag.Int("workers", 1, "objects reconciled at once")
	write := flag.String("write", "create", "create or apply")
	expect := flag.Int64("expect", 0, "say when this many passes are done")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())

	scheme := runtime.NewScheme()
	check(clientgoscheme.AddToScheme(scheme))
	scheme.AddKnownTypes(version, &Widget{}, &WidgetList{})
	metav1.AddToGroupVersion(scheme, version)
	access := config.GetConfigOrDie()
	access.QPS = -1
	manager, err := ctrl.NewManager(access, ctrl.Options{Scheme: scheme, Metrics: server.Options{BindAddress: "0"}})
	check(err)
	r := &reconciler{Client: manager.GetClient(), scheme: scheme, apply: *write == "apply"}
	ctx := ctrl.SetupSignalHandler()
	switch *mode {
	case "controller":
		check(ctrl.NewControllerManagedBy(manager).For(&Widget{}).Owns(&corev1.ConfigMap{}).
			WithOptions(controller.Options{MaxConcurrentReconciles: *workers}).Complete(r))
		// Asked for now, so that the wait for the caches below waits for them.
		for _, object := range []client.Object{&Widget{}, &corev1.ConfigMap{}} {
			_, err := manager.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false))
			check(err)
		}
	case "cache":
		_, err := manager.GetCache().GetInformer(ctx, &corev1.ConfigMap{}, cache.BlockUntilSynced(false))
		check(err)
	case "metadata":
		object := &metav1.PartialObjectMetadata{}
		object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
		_, err := manager.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false))
		check(err)
	}
	go func() {
		manager.GetCache().WaitForCacheSync(ctx)
		say(`{"at":"synced","ms":%d}`, time.Since(began).Milliseconds())
		for *expect > 0 && r.passes.Load() < *expect {
			time.Sleep(time.Millisecond)
		}
		say(`{"at":"reconciled","ms":%d}`, time.Since(began).Milliseconds())
	}()
	check(manager.Start(ctx))
}
