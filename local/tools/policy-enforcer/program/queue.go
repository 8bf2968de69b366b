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
	// Packets that wait for a verdict; more are dropped, and sent again by whoever wants to connect.
	waitingPackets = 1024
)

// serve judges the packets of a queue until the context ends or the kernel breaks off.
func serve(ctx context.Context, judge *judge, number uint16, mark uint32) error {
	queue, err := nfqueue.Open(&nfqueue.Config{
		NfQueue:      number,
		MaxPacketLen: headersBytes,
		MaxQueueLen:  waitingPackets,
		Copymode:     nfqueue.NfQnlCopyPacket,
		// Or the kernel would cut large packets up and sum them before it shows their headers.
		Flags: nfqueue.NfQaCfgFlagGSO,
	})
	if err != nil {
		return fmt.Errorf("netfilter queues cannot be had: %w", err)
	}
	defer queue.Close()
	if err := queue.SetOption(netlink.NoENOBUFS, true); err != nil {
		return err
	}
	verdict := func(id uint32, headers []byte) {
		options := []nfqueue.VerdictOption{}
		if why := judge.refuses(ctx, headers); why != "" {
			log.Printf("refused %s", why)
			options = append(options, nfqueue.WithMark(mark))
		}
		if err := queue.SetVerdictWithOption(id, nfqueue.NfAccept, options...); err != nil {
			log.Printf("a verdict was not taken: %v", err)
		}
	}
	broken := make(chan error, 1)
	err = queue.RegisterWithErrorFunc(ctx, func(packet nfqueue.Attribute) int {
		if packet.PacketID != nil && packet.Payload != nil {
			// On its own, as one packet may wait for its pod to be known.
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
		return fmt.Errorf("netfilter queue %d cannot be had: %w", number, err)
	}
	log.Printf("network policies are enforced on netfilter queue %d", number)
	select {
	case err := <-broken:
		return fmt.Errorf("the kernel broke off: %w", err)
	case <-ctx.Done():
		return nil
	}
}
