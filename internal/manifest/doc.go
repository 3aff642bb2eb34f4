// SPDX-License-Identifier: Apache-2.0

// Package manifest reads routing objects from files, as the API server would take them, and knows where each field stands.
//
// A file holds YAML documents, JSON objects or Lists of them. Each routing object gets the defaults of its
// CustomResourceDefinition and is checked against the definition's schema and its validation rules, so that what is wrong is
// said without a cluster, with file, line, object, field and value. Other objects are skipped, and noted.
package manifest
