package model

// stays checks what lies in the bins of kind b today.
func (v *validator) stays(b int) {
	bin := v.p.Bins[b]
	if len(bin.Stays) > 0 && bin.Max == 0 {
		v.addf("bin %d: something lies in its bins, and it does not say how many there are", b)
	}
	for n, s := range bin.Stays {
		if s.Item < 0 || s.Item >= len(v.p.Items) || (n > 0 && bin.Stays[n-1].Item >= s.Item) {
			v.addf("bin %d: what lies in it must ascend by item inside 0…%d", b, len(v.p.Items)-1)
		}
		if s.Count < 1 || s.Saves < 1 {
			v.addf("bin %d: %d of item %d lie in it and save %d each: both must be positive", b, s.Count, s.Item, s.Saves)
		}
	}
}

// moves checks that what all moves together cost is inside MaxAmount. It is added by repeated
// subtraction from what is left, so that no product can overflow.
func (v *validator) moves() {
	left := MaxAmount
	for b, bin := range v.p.Bins {
		for _, s := range bin.Stays {
			if s.Count < 1 || s.Saves < 1 || bin.Max < 1 {
				continue // stays says so
			}
			if s.Count > left || s.Saves > left/s.Count || bin.Max > left/(s.Count*s.Saves) {
				v.addf("bin %d: all moves together cost more than %d", b, MaxAmount)
				return
			}
			left -= bin.Max * s.Count * s.Saves
		}
	}
}
