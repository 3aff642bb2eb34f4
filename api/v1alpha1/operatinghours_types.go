// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OperatingHoursSpec is when something is open, by the clock on the wall of a time zone.
type OperatingHoursSpec struct {
	// displayName is what people call the calendar. Unset, they see the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// timeZone is the zone of all times here, an IANA name such as Europe/Berlin or UTC.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	TimeZone TimeZone `json:"timeZone"`

	// weekly are the hours of each week; where two overlap, it is open in either. Unset, it is never open but on holidays
	// that say so.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +listType=atomic
	Weekly []WeeklyHours `json:"weekly,omitempty"`

	// holidays are dates with hours of their own, instead of the weekly ones that begin on that date.
	// +optional
	// +kubebuilder:validation:MaxItems=500
	// +listType=map
	// +listMapKey=date
	Holidays []Holiday `json:"holidays,omitempty"`
}

// WeeklyHours are hours on some days of each week.
type WeeklyHours struct {
	// days are the days on which these hours begin.
	// +required
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	// +listType=set
	Days []Weekday `json:"days"`

	// from is when it opens, such as 08:00.
	// +required
	From TimeOfDay `json:"from"`

	// to is when it closes, such as 17:00. 24:00 is the end of the day. A time that is not after from is one of the next
	// day.
	// +required
	To EndOfHours `json:"to"`
}

// Weekday is a day of the week.
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// TimeOfDay is a time on the wall clock, from 00:00 to 23:59.
// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
// +kubebuilder:validation:MaxLength=5
type TimeOfDay string

// EndOfHours is a time on the wall clock, from 00:00 to 24:00.
// +kubebuilder:validation:Pattern=`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
// +kubebuilder:validation:MaxLength=5
type EndOfHours string

// TimeZone is the IANA name of a time zone.
// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9_+/-]*$`
// +kubebuilder:validation:MaxLength=100
type TimeZone string

// Holiday is a date with hours of its own.
type Holiday struct {
	// date is the date, such as 2026-12-24. It is there once.
	// +required
	// +kubebuilder:validation:Format=date
	// +kubebuilder:validation:MaxLength=10
	Date string `json:"date"`

	// name is what people call the day.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	Name string `json:"name,omitempty"`

	// open are the hours of that date. Unset, it is closed.
	// +optional
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	Open []HolidayHours `json:"open,omitempty"`
}

// HolidayHours are hours of a date.
type HolidayHours struct {
	// from is when it opens, such as 08:00.
	// +required
	From TimeOfDay `json:"from"`

	// to is when it closes, such as 12:00. 24:00 is the end of the day. A time that is not after from is one of the next
	// day.
	// +required
	To EndOfHours `json:"to"`
}

// OperatingHoursStatus is what the operator made of OperatingHours.
type OperatingHoursStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed); while it is being deleted and in use, also who needs it
	// (Terminating).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// queues is how many Queues keep these hours.
	// +optional
	Queues *int32 `json:"queues,omitempty"`
}

// OperatingHours is a calendar with a time zone and holidays, for queues and rules to ask.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=operatinghours,singular=operatinghours,shortName=hours,categories=routing
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Queues",type=integer,JSONPath=`.status.queues`
// +kubebuilder:printcolumn:name="Zone",type=string,JSONPath=`.spec.timeZone`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type OperatingHours struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is when whatever names the calendar is open.
	// +required
	Spec OperatingHoursSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status OperatingHoursStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (h *OperatingHours) GetConditions() []metav1.Condition { return h.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (h *OperatingHours) SetConditions(conditions []metav1.Condition) {
	h.Status.Conditions = conditions
}

// OperatingHoursList is a list of OperatingHours.
// +kubebuilder:object:root=true
type OperatingHoursList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OperatingHours `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &OperatingHours{}, &OperatingHoursList{})
}
