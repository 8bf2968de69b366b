// Policy-enforcer holds the pods of a node to the cluster's NetworkPolicies.
//
// The node's firewall hands it the first packet of each connection that a pod opens. It asks the evaluator of
// sigs.k8s.io/kube-network-policies, gives the packet a mark if a policy refuses it, and hands it back: what carries
// the mark is rejected by the firewall. That project's own program queues by nftables, which not every kernel can.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

// The kernel has this file where it can hand packets to programs.
const queues = "/proc/net/netfilter/nfnetlink_queue"

var version = "unknown"

type settings struct {
	kubeconfig string
	node       string
	pods       netip.Prefix
	firstPod   netip.Addr
	queue      uint
	mark       uint
}

func main() {
	asked := settings{}
	flag.StringVar(&asked.kubeconfig, "kubeconfig", "", "how to reach the apiserver")
	flag.StringVar(&asked.node, "node", "", "the node's name")
	flag.TextVar(&asked.pods, "pod-network", netip.Prefix{}, "the addresses that pods have")
	flag.TextVar(&asked.firstPod, "first-pod-address", netip.Addr{}, "the lowest of them that a pod may have")
	flag.UintVar(&asked.queue, "queue", 0, "the netfilter queue to judge")
	flag.UintVar(&asked.mark, "refused-mark", 0, "the mark that a refused packet is given")
	says := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *says {
		fmt.Println(version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := os.Stat(queues); err != nil {
		// To end would have the supervisor start it over and over.
		log.Print("network policies are not enforced: this kernel hands no packets to programs")
		<-ctx.Done()
		return
	}
	if err := run(ctx, asked); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, asked settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", asked.kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	watched := informers.NewSharedInformerFactory(client, 0)
	namespaces, pods := watched.Core().V1().Namespaces(), watched.Core().V1().Pods()
	living, err := newLivingPods(pods.Informer())
	if err != nil {
		return err
	}
	known := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{living})
	policies := networkpolicy.NewStandardNetworkPolicy(
		asked.node, namespaces, pods, watched.Networking().V1().NetworkPolicies())
	judge := &judge{
		engine:   networkpolicy.NewPolicyEngine(known, []api.PolicyEvaluator{policies}),
		known:    known,
		pods:     asked.pods,
		firstPod: asked.firstPod,
	}
	watched.Start(ctx.Done())
	// Until the queue is listened to, the firewall lets everything pass: better than to judge by half the policies.
	watched.WaitForCacheSync(ctx.Done())
	return serve(ctx, judge, uint16(asked.queue), uint32(asked.mark))
}
