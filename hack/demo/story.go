// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/internal/testkit/clustertest"
)

// offered waits until an item is offered to one of the agents.
func (d *demo) offered(ctx context.Context, item string) (*person, apiclient.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		for _, name := range []string{"ann", "bob"} {
			p := d.agents[name]
			select {
			case <-ctx.Done():
				return nil, apiclient.Event{}, fmt.Errorf("waiting for an offer of %s: %w", item, ctx.Err())
			case e, ok := <-p.stream.Events:
				if !ok {
					return nil, apiclient.Event{}, fmt.Errorf("the stream of %s ended: %w", p.name, p.stream.Err())
				}
				if e.Type == "offer.made" && e.Item == item {
					return p, e, nil
				}
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
}

// conversation is the main job: a customer's message finds an agent, after one declined.
func (d *demo) conversation(ctx context.Context) error {
	d.chapter("A gold customer writes on the website")
	talk := "web-" + apiclient.NewID()[:6]
	a, err := d.webhook.Message(ctx, apiclient.Inbound{
		Conversation: talk, Customer: map[string]any{"id": "u-17", "name": "Mia"},
		Message: map[string]any{"text": "My order has not arrived."},
		Context: map[string]any{"tier": "gold", "basket": 700}, Channel: map[string]any{"locale": "en-GB"},
	})
	if err != nil {
		return fmt.Errorf("sending the webhook: %w", err)
	}
	d.vipItem = a.Item
	d.step("website", "signed webhook: Mia (tier gold) writes; answered 202 once journaled, item %s", a.Item)
	first, offer, err := d.offered(ctx, a.Item)
	if err != nil {
		return err
	}
	if err := d.showItem(ctx, first, a.Item, offer); err != nil {
		return err
	}
	if _, err := first.client.Do(ctx, "offers/"+offer.Offer+"/decline", nil); err != nil {
		return fmt.Errorf("declining: %w", err)
	}
	d.step(first.name, "declines; not asked again for this item before its cool-off is over")
	second, offer, err := d.offered(ctx, a.Item)
	if err != nil {
		return err
	}
	if err := d.showItem(ctx, second, a.Item, offer); err != nil {
		return err
	}
	if _, err := second.client.Do(ctx, "offers/"+offer.Offer+"/accept", nil); err != nil {
		return fmt.Errorf("accepting: %w", err)
	}
	d.step(second.name, "accepts: the conversation is Active")
	return d.talk(ctx, second, a.Item, talk)
}

func (d *demo) showItem(ctx context.Context, p *person, item string, offer apiclient.Event) error {
	it, err := p.client.Item(ctx, item)
	if err != nil {
		return err
	}
	if it.Priority != 100 {
		d.step("distributor", "classified: priority %d, where others have 100", it.Priority)
	}
	for _, skill := range it.Skills {
		d.step("distributor", "classified: needs the skill %s with a rating of %d or better", skill.Name, skill.Rating)
	}
	d.step("distributor", "queue %s (revision %s), offered to %s, seen on the socket as seq %d", it.Queue, it.Revision, p.name, offer.Seq)
	return nil
}

// talk is both sides writing, and the end.
func (d *demo) talk(ctx context.Context, p *person, item, talk string) error {
	reply := map[string]string{"id": apiclient.NewID(), "text": "Hello Mia, I am looking into it."}
	if _, err := p.client.Do(ctx, "items/"+item+"/messages", reply); err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	d.step(p.name, "answers: %q", reply["text"])
	if d.callback != nil {
		got, err := d.callback.next(ctx, "message.created", talk)
		if err != nil {
			return err
		}
		d.step("website", "signed callback received and verified: %q", got.Data.Message.Text)
	}
	if _, err := d.webhook.Message(ctx, apiclient.Inbound{Conversation: talk, Message: map[string]any{"text": "Thank you!"}}); err != nil {
		return fmt.Errorf("sending the webhook: %w", err)
	}
	if _, err := p.stream.Next(ctx, "message.received"); err != nil {
		return err
	}
	d.step("website", "Mia writes %q; it reaches %s on the same timeline", "Thank you!", p.name)
	for _, verb := range []string{"end", "close"} {
		if _, err := p.client.Do(ctx, "items/"+item+"/"+verb, nil); err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
		it, err := p.client.Item(ctx, item)
		if err != nil {
			return err
		}
		d.step(p.name, "%ss the conversation: %s, %s", verb, it.State, it.Reason)
	}
	return nil
}

// language is a skill, and the second rule.
func (d *demo) language(ctx context.Context) error {
	d.chapter("A customer writes from the French site")
	a, err := d.webhook.Message(ctx, apiclient.Inbound{
		Conversation: "web-" + apiclient.NewID()[:6], Customer: map[string]any{"id": "u-18", "name": "Luc"},
		Message: map[string]any{"text": "Bonjour"}, Channel: map[string]any{"locale": "fr-FR"},
	})
	if err != nil {
		return fmt.Errorf("sending the webhook: %w", err)
	}
	p, offer, err := d.offered(ctx, a.Item)
	if err != nil {
		return err
	}
	if err := d.showItem(ctx, p, a.Item, offer); err != nil {
		return err
	}
	return d.finish(ctx, p, a.Item, offer)
}

// finish accepts an offer and works it off.
func (d *demo) finish(ctx context.Context, p *person, item string, offer apiclient.Event) error {
	for _, path := range []string{"offers/" + offer.Offer + "/accept", "items/" + item + "/end", "items/" + item + "/close"} {
		if _, err := p.client.Do(ctx, path, nil); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	d.step(p.name, "accepts, ends and closes it")
	return nil
}

// record is intake from a business system, and pick.
func (d *demo) record(ctx context.Context) error {
	d.chapter("The case system hands over a record")
	token, err := d.token("case-system", "Integration")
	if err != nil {
		return err
	}
	key := apiclient.NewID()
	body := map[string]any{"id": "CAS-" + key[:5], "attributes": map[string]any{"priority": "high", "title": "Broken screen"}}
	a, err := d.client.As(token).Record(ctx, "contoso-cases", key, body)
	if err != nil {
		return fmt.Errorf("submitting the record: %w", err)
	}
	d.step("case system", "POST records: %s, answered 202, operation %s", body["id"], a.Operation)
	again, err := d.client.As(token).Record(ctx, "contoso-cases", key, body)
	if err != nil {
		return fmt.Errorf("submitting the record again: %w", err)
	}
	d.step("case system", "the same again, same idempotency key: same operation %s, duplicate=%v", again.Operation, again.Duplicate)
	p := d.agents["ann"]
	if _, err := p.client.Do(ctx, "items/"+a.Item+"/pick", nil); err != nil {
		return fmt.Errorf("picking: %w", err)
	}
	it, err := p.client.Item(ctx, a.Item)
	if err != nil {
		return err
	}
	d.step(p.name, "picks it from queue %s: %s", it.Queue, it.State)
	if _, err := p.client.Do(ctx, "items/"+a.Item+"/end", nil); err != nil {
		return fmt.Errorf("resolving: %w", err)
	}
	d.step(p.name, "resolves it")
	return nil
}

// change edits a rule on the running system.
func (d *demo) change(ctx context.Context) error {
	d.chapter("A rule changes while customers write")
	var before struct{ Metadata struct{ Generation int64 } }
	if err := d.cluster.Get(ctx, &before, "--namespace", namespace, ruleset); err != nil {
		return err
	}
	patch := `[{"op":"add","path":"/spec/rules/0","value":{"name":"everyone-to-vip","route":{"queueRef":{"name":"vip"}}}}]`
	start := time.Now()
	if _, err := d.cluster.Run(ctx, "patch", "--namespace", namespace, ruleset, "--type=json", "-p", patch); err != nil {
		return err
	}
	err := clustertest.Eventually(ctx, 30*time.Second, func(ctx context.Context) error {
		return d.programmed(ctx, ruleset, before.Metadata.Generation+1)
	})
	if err != nil {
		return err
	}
	d.step("kubectl", "rule everyone-to-vip put first; Programmed %d ms after kubectl was started", time.Since(start).Milliseconds())
	a, err := d.webhook.Message(ctx, apiclient.Inbound{
		Conversation: "web-" + apiclient.NewID()[:6], Customer: map[string]any{"id": "u-19", "name": "Ada"},
		Message: map[string]any{"text": "Hi"},
	})
	if err != nil {
		return fmt.Errorf("sending the webhook: %w", err)
	}
	p, offer, err := d.offered(ctx, a.Item)
	if err != nil {
		return err
	}
	if err := d.showItem(ctx, p, a.Item, offer); err != nil {
		return err
	}
	return d.finish(ctx, p, a.Item, offer)
}

// why prints the trace of the first conversation.
func (d *demo) why(ctx context.Context) error {
	d.chapter("Why did Mia's conversation go where it went?")
	token, err := d.token("carol@contoso.com")
	if err != nil {
		return err
	}
	steps, err := d.client.As(token).Trace(ctx, d.vipItem)
	if err != nil {
		return err
	}
	for _, s := range steps {
		d.line("%5d  %-12s %s", s.Seq, s.Step, s.Summary)
	}
	return nil
}

// next says what to type.
func (d *demo) next(ctx context.Context) error {
	d.chapter("It is left running. What to try next")
	if err := d.takeBack(ctx); err != nil {
		return err
	}
	kubectl := "kubectl"
	if d.cluster.Local {
		d.line("export KUBECONFIG=$(hack/cluster/cluster kubeconfig) PATH=$(hack/cluster/cluster path):$PATH")
	}
	d.line("%s get workstreams -A           # with their conditions; everything of ours: %s get routing -A", kubectl, kubectl)
	d.line("%s -n %s describe workstream contoso-chat", kubectl, namespace)
	d.line("%s -n %s edit rrs contoso-queues       # a change is live in milliseconds", kubectl, namespace)
	url := d.reach.URL
	if d.reach.Forward {
		url = "http://127.0.0.1:8080"
		d.line("%s -n %s port-forward service/workstream-default 8080 &", kubectl, namespace)
	}
	supervisor, err := d.token("carol@contoso.com")
	if err != nil {
		return err
	}
	api := url + "/v1/namespaces/" + namespace
	d.line("export TOKEN=%s   # carol, a supervisor, for a day", supervisor)
	d.line("curl -H \"Authorization: Bearer $TOKEN\" %s/items", api)
	d.line("curl -H \"Authorization: Bearer $TOKEN\" %s/items/%s/trace", api, d.vipItem)
	d.line("curl %s/openapi.json                # the whole API", url)
	d.line("make demo-down                      # ends the cluster and leaves nothing behind")
	return nil
}

// takeBack removes the rule again, so that a second run tells the same story.
func (d *demo) takeBack(ctx context.Context) error {
	_, err := d.cluster.Run(ctx, "patch", "--namespace", namespace, ruleset, "--type=json", "-p", `[
		{"op":"test","path":"/spec/rules/0/name","value":"everyone-to-vip"},
		{"op":"remove","path":"/spec/rules/0"}]`)
	return err
}
