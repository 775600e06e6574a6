// Package vpa holds no code of its own: its tests run random streams through planner/demand/vpa and through the recommender of
// the Vertical Pod Autoscaler v1.8.1 itself, and compare what comes out. It is a module of its own, so that VPA's 62 modules
// stay out of the product's.
//
//	go -C test/vpa test ./...
package vpa
