// SPDX-License-Identifier: Apache-2.0

package event

import "fmt"

// Detail says the figures of an exclusion in words.
func (x *Exclusion) Detail() string {
	switch x.Reason {
	case PresenceNotAllowed, SkillMissing:
		return x.What
	case NoCapacity:
		return fmt.Sprintf("free %d, needs %d", x.Have, x.Need)
	case NoSlot, Blocked:
		return fmt.Sprintf("%s: %d free", x.What, x.Have)
	case RatingTooLow:
		return fmt.Sprintf("%s: %d, needs %d", x.What, x.Have, x.Need)
	case DeclinedTooOften:
		return fmt.Sprintf("declines %d, limit %d", x.Have, x.Need)
	case CoolingOff:
		return fmt.Sprintf("for %d s more", x.Need)
	case NotConnected, NeverForCustomer:
	}
	return ""
}

// Words say why the chosen agent was first.
func (c *Candidates) Words() string {
	switch c.Why {
	case WhyOnly:
		return "the only one eligible"
	case WhyCapacity:
		return fmt.Sprintf("most free capacity: %d, next %d", c.Have, c.Next)
	case WhySlots:
		return fmt.Sprintf("most free slots: %d, next %d", c.Have, c.Next)
	case WhyIdle:
		return fmt.Sprintf("longest idle of those with %d free", c.Have)
	case WhyAssigned:
		return "longest since an assignment from this queue"
	case WhyReleased:
		return "longest since a release of capacity"
	case WhySkills:
		return fmt.Sprintf("closest skills: %d off, next %d", c.Have, c.Next)
	case WhyName:
		return "first by name among equals"
	}
	return ""
}
