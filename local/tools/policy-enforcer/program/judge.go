package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// A pod gets its address shortly before kubelet reports it to the API server. Its first packets wait for this time.
const (
	knownWithin = 3 * time.Second
	askAgain    = 20 * time.Millisecond
)

type judge struct {
	engine   *networkpolicy.PolicyEngine
	known    api.PodInfoProvider
	pods     netip.Prefix
	firstPod netip.Addr
}

// refuses returns the reason why a packet with these headers must not pass; empty if it may pass.
func (j *judge) refuses(ctx context.Context, headers []byte) (reason string) {
	defer func() {
		// The parser does not check the lengths in a packet and may panic.
		if broken := recover(); broken != nil {
			reason = fmt.Sprintf("cannot be parsed: %v", broken)
		}
	}()
	packet, err := network.ParsePacket(headers)
	if err != nil {
		return err.Error()
	}
	j.waitUntilKnown(packet.SrcIP, packet.DstIP)
	passes, err := j.engine.EvaluatePacket(ctx, &packet)
	switch {
	case err != nil:
		return err.Error()
	case !passes:
		return fmt.Sprintf("%s %s -> %s:%d", packet.Proto, j.named(packet.SrcIP), j.named(packet.DstIP), packet.DstPort)
	}
	return ""
}

func (j *judge) waitUntilKnown(source, target net.IP) {
	start := time.Now()
	for !j.isSettled(source) || !j.isSettled(target) {
		if time.Since(start) > knownWithin {
			log.Printf("%s or %s belongs to no pod of the API server", source, target)
			return
		}
		time.Sleep(askAgain)
	}
	if waited := time.Since(start); waited >= askAgain {
		log.Printf("%s -> %s waited %s until its pods were known", j.named(source), j.named(target), waited.Round(time.Millisecond))
	}
}

// isSettled returns whether an address belongs to a known pod or to none.
func (j *judge) isSettled(ip net.IP) bool {
	address, ok := netip.AddrFromSlice(ip)
	address = address.Unmap()
	if !ok || !j.pods.Contains(address) || address.Less(j.firstPod) {
		return true
	}
	_, found := j.known.GetPodInfoByIP(ip.String())
	return found
}

func (j *judge) named(ip net.IP) string {
	if pod, found := j.known.GetPodInfoByIP(ip.String()); found {
		return fmt.Sprintf("%s/%s (%s)", pod.GetNamespace().GetName(), pod.GetName(), ip)
	}
	return ip.String()
}

const byAddress = "living pods by address"

// livingPods finds pods by their address. Ended pods are left out, because another pod may have their address.
type livingPods struct{ index cache.Indexer }

func newLivingPods(pods cache.SharedIndexInformer) (livingPods, error) {
	err := pods.AddIndexers(cache.Indexers{byAddress: addresses})
	return livingPods{pods.GetIndexer()}, err
}

func addresses(object any) ([]string, error) {
	pod, ok := object.(*v1.Pod)
	if !ok || pod.Spec.HostNetwork || pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
		return nil, nil
	}
	found := []string{}
	for _, each := range pod.Status.PodIPs {
		found = append(found, each.IP)
	}
	return found, nil
}

// LookupPod returns the key, namespace/name, of the pod with an address.
func (l livingPods) LookupPod(ip string) (string, bool) {
	keys, err := l.index.IndexKeys(byAddress, ip)
	if err != nil || len(keys) == 0 {
		return "", false
	}
	return keys[0], true
}
