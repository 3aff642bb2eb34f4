// SPDX-License-Identifier: Apache-2.0

// Package network finds the machine's address and undoes what a cluster did to its network.
package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
)

// NodeAddress is the IPv4 address of the interface with the default route or, on a machine without
// one, of the first interface that has an address. The API server refuses a loopback address.
func NodeAddress() (net.IP, error) {
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return nil, fmt.Errorf("finding the machine's address: %w", err)
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("finding the machine's address: %w", err)
	}
	byDefault := defaultInterface(string(routes))
	slices.SortStableFunc(interfaces, func(a, b net.Interface) int {
		return preference(b, byDefault) - preference(a, byDefault)
	})
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
				return n.IP.To4(), nil
			}
		}
	}
	return nil, errors.New("finding the machine's address: no interface but loopback has an IPv4 address; " +
		"add one with `ip address add`")
}

func preference(i net.Interface, byDefault string) int {
	if i.Name == byDefault {
		return 1
	}
	return 0
}

// defaultInterface takes the name of the interface with the default route from /proc/net/route.
func defaultInterface(routes string) string {
	for line := range strings.Lines(routes) {
		f := strings.Fields(line)
		if len(f) > 7 && f[1] == "00000000" && f[7] == "00000000" {
			return f[0]
		}
	}
	return ""
}
