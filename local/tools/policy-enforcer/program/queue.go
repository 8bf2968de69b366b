package main

import (
	"context"
	"fmt"
	"log"

	"github.com/florianl/go-nfqueue/v2"
	"github.com/mdlayher/netlink"
)

const (
	// The headers of IP and TCP with all their options.
	headersBytes = 120
	// Packets that may wait for a verdict. Further ones are dropped, and the client sends them again.
	waitingPackets = 1024
)

// serve evaluates the packets of a queue until the context ends or the kernel closes the queue.
func serve(ctx context.Context, judge *judge, number uint16, mark uint32) error {
	queue, err := nfqueue.Open(&nfqueue.Config{
		NfQueue:      number,
		MaxPacketLen: headersBytes,
		MaxQueueLen:  waitingPackets,
		Copymode:     nfqueue.NfQnlCopyPacket,
		// Without this flag the kernel splits large packets and computes their checksums first.
		Flags: nfqueue.NfQaCfgFlagGSO,
	})
	if err != nil {
		return fmt.Errorf("cannot open the netfilter queues: %w", err)
	}
	defer queue.Close()
	if err := queue.SetOption(netlink.NoENOBUFS, true); err != nil {
		return err
	}
	verdict := func(id uint32, headers []byte) {
		options := []nfqueue.VerdictOption{}
		if reason := judge.refuses(ctx, headers); reason != "" {
			log.Printf("refused %s", reason)
			options = append(options, nfqueue.WithMark(mark))
		}
		if err := queue.SetVerdictWithOption(id, nfqueue.NfAccept, options...); err != nil {
			log.Printf("the kernel did not accept a verdict: %v", err)
		}
	}
	broken := make(chan error, 1)
	err = queue.RegisterWithErrorFunc(ctx, func(packet nfqueue.Attribute) int {
		if packet.PacketID != nil && packet.Payload != nil {
			// Concurrently, because a packet may wait until its pod is known.
			go verdict(*packet.PacketID, *packet.Payload)
		}
		return 0
	}, func(err error) int {
		if ctx.Err() == nil {
			broken <- err
		}
		return 1
	})
	if err != nil {
		return fmt.Errorf("cannot listen on netfilter queue %d: %w", number, err)
	}
	log.Printf("network policies are enforced on netfilter queue %d", number)
	select {
	case err := <-broken:
		return fmt.Errorf("the kernel closed the queue: %w", err)
	case <-ctx.Done():
		return nil
	}
}
