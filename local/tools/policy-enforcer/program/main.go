// Policy-enforcer enforces the cluster's NetworkPolicies for the pods of a node.
//
// The node's firewall queues the first packet of each connection that a pod opens. This program evaluates it with
// sigs.k8s.io/kube-network-policies and returns it, marked if a policy refuses it. The firewall rejects marked packets.
// That project's own program queues packets with nftables, which not every kernel supports.
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

// This file exists if the kernel has packet queues.
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
	options := settings{}
	flag.StringVar(&options.kubeconfig, "kubeconfig", "", "the kubeconfig file for the API server")
	flag.StringVar(&options.node, "node", "", "the node's name")
	flag.TextVar(&options.pods, "pod-network", netip.Prefix{}, "the network of the pods' addresses")
	flag.TextVar(&options.firstPod, "first-pod-address", netip.Addr{}, "the lowest address of a pod")
	flag.UintVar(&options.queue, "queue", 0, "the number of the netfilter queue")
	flag.UintVar(&options.mark, "refused-mark", 0, "the firewall mark of refused packets")
	printVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *printVersion {
		fmt.Println(version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := os.Stat(queues); err != nil {
		// supervisord would restart the program again and again if it ended.
		log.Print("network policies are not enforced: this kernel has no packet queues")
		<-ctx.Done()
		return
	}
	if err := run(ctx, options); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, options settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", options.kubeconfig)
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
		options.node, namespaces, pods, watched.Networking().V1().NetworkPolicies())
	judge := &judge{
		engine:   networkpolicy.NewPolicyEngine(known, []api.PolicyEvaluator{policies}),
		known:    known,
		pods:     options.pods,
		firstPod: options.firstPod,
	}
	watched.Start(ctx.Done())
	// The firewall passes all packets until a program listens on the queue. Evaluating them with only a part of the
	// policies would be worse.
	watched.WaitForCacheSync(ctx.Done())
	return serve(ctx, judge, uint16(options.queue), uint32(options.mark))
}
