//go:build program

// Package program only names what is to be built: `go install …@version` refuses this program, because its module has
// replace directives; as a dependency of a module of ours it builds.
package program

import _ "k8s.io/node-problem-detector/cmd/nodeproblemdetector"
