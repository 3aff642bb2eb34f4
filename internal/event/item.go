// SPDX-License-Identifier: Apache-2.0

package event

// ItemOf returns the id of the item that ev is about, or "".
func ItemOf(ev Event) string { //nolint:gocyclo,funlen // a list
	switch e := ev.(type) {
	case IntakeTaken:
		return e.Item
	case ItemOpened:
		return e.Item
	case ItemUpdated:
		return e.Item
	case MessageReceived:
		return e.Item
	case MessageSent:
		return e.Item
	case DeliveryDone:
		return e.Item
	case DeliveryGivenUp:
		return e.Item
	case ItemClassified:
		return e.Item
	case ItemRouted:
		return e.Item
	case ItemQueued:
		return e.Item
	case ItemOverflowed:
		return e.Item
	case ItemPromoted:
		return e.Item
	case AssignmentDeferred:
		return e.Item
	case OfferMade:
		return e.Item
	case OfferClosed:
		return e.Item
	case ItemAssigned:
		return e.Item
	case ItemReleased:
		return e.Item
	case ItemParked:
		return e.Item
	case ItemResumed:
		return e.Item
	case CustomerDisconnected:
		return e.Item
	case CustomerReconnected:
		return e.Item
	case ConsultRequested:
		return e.Item
	case ConsultJoined:
		return e.Item
	case ConsultEnded:
		return e.Item
	case WrapUpStarted:
		return e.Item
	case WrapUpReleased:
		return e.Item
	case ItemClosed:
		return e.Item
	default:
		return ""
	}
}
