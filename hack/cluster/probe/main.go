// SPDX-License-Identifier: Apache-2.0

// Command probe is the program of the pods that the cluster is tried with: there is no shell and no
// curl in an image made from nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const usage = "usage: probe serve ADDRESS | lookup NAME | get URL | write FILE | read FILE | fill DIR | id"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := run(ctx, append(os.Args[1:], "", "")); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	argument := args[1]
	switch args[0] {
	case "serve":
		return serve(argument)
	case "lookup":
		addresses, err := net.DefaultResolver.LookupHost(ctx, argument)
		if err != nil {
			return fmt.Errorf("looking up %s: %w", argument, err)
		}
		fmt.Println(strings.Join(addresses, " "))
		return nil
	case "get":
		return get(ctx, argument)
	case "write":
		return os.WriteFile(argument, []byte("written by "+strconv.Itoa(os.Getuid())+"\n"), 0o600)
	case "read":
		data, err := os.ReadFile(argument)
		fmt.Print(string(data))
		return err
	case "fill":
		return fill(argument)
	case "id":
		fmt.Println(os.Getuid(), os.Getgid())
		return nil
	default:
		return errors.New(usage)
	}
}

// serve answers every request with the pod's name.
func serve(address string) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("finding the pod's name: %w", err)
	}
	fmt.Println("serving on", address)
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, host) })}
	return server.ListenAndServe()
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("getting %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("getting %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

// fill writes until the volume is full and says how much went in.
func fill(dir string) error {
	file, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		return fmt.Errorf("filling: %w", err)
	}
	defer func() { _ = file.Close() }()
	block, total := make([]byte, 4096), 0
	for {
		n, err := file.Write(block)
		total += n
		if err != nil {
			fmt.Println(total, err)
			return os.Remove(file.Name())
		}
	}
}
