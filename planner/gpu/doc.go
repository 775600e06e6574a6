// Package gpu says what a GPU is made of and what may share one: the model, its memory, the slices that
// MIG (Multi-Instance GPU) can cut from it, where each slice may lie, and the three ways in which pods hold a card.
//
// # The vocabulary
//
// A [Model] is one shape of card. Its key names product AND memory ("A100-40GB"), since a product name alone does not
// say which shape it is. A [Profile] is one kind of MIG slice that the model offers, for example "3g.40gb": three
// compute slices, four memory slices. A [Placement] is a profile at a first memory slice; a [Layout] is the set of
// placements that live on one card. A [Card] is one physical card and who holds it.
//
// # The rule
//
// A card is a row of memory slices (8 on A100, H100, B200; 4 on A30; 12 on RTX PRO 6000) and a small bag of counted
// engines. A profile may start only at the slices that the driver lists for it, and then occupies the slices
// [start, start+size). A layout is legal when no two placements overlap and no counted engine is used twice:
//
//	slice      0   1   2   3   4   5   6   7
//	         ┌───────────────┬───────┬───┬───┐
//	         │    4g.40gb    │  2g   │1g │ × │   × has memory but no compute: a 1g may not start there
//	         └───────────────┴───────┴───┴───┘
//
// That is NVML's rule (nvmlDeviceGetGpuInstancePossiblePlacements_v2) and the "bag of resources" of KEP-4815. Compute
// slices and SMs need no counter: on every model in the table the placements alone keep them within the card, and a
// test proves it. What does need one is the media engine of "+me", "+me.all" and "-me" profiles (see [Model.Counters]).
//
// # Three traps that shape the API
//
//   - A profile's name does not identify a shape. "1g.10gb" is one slice of an A100-80GB, of which seven fit, and two
//     slices of an A100-40GB, of which four fit. So every question is asked of a Model, and a profile is an index into
//     Model.Profiles.
//   - A share of compute is not g/7. On H100 a 3g slice has 60 of 132 SMs, and the 1g slice with double memory has 62 %
//     more SMs than the plain 1g. [Model.SmallestFor] counts SMs where they are known.
//   - Free slices are not free room. Two 1g slices in the middle of an RTX PRO 6000 leave half the card and no 2g. So
//     [Model.Place] searches, and cards with live instances are asked by their layout, never by a sum.
//
// # Empty cards and live cards
//
// For n empty cards [Model.FitsCounts] answers in closed form, without search, for the geometries that NVIDIA sells; it
// is meant for the inner loop of a solver. [Model.Deal] turns the same counts into a layout for each card. A card
// that already has instances is a different question, because instances cannot move: ask [Model.Place].
//
// # What this package refuses to do
//
// It does not guess. A model whose placements NVIDIA has not published (RTX PRO 5000 and 4500) lists its profiles and
// refuses every layout with [ErrUnpublished]; memory or SMs that nobody has reported are zero, which means unknown.
// It does no I/O and holds no state: the figures are compiled in from models_gen.go, dated [SourceDate].
package gpu
