package exact

// moves is what it costs to move everything that lies in bins of today.
func (s *search) moves() int64 {
	var sum int64
	for _, bin := range s.p.Bins {
		for _, stay := range bin.Stays {
			sum += bin.Max * stay.Count * stay.Saves
		}
	}
	return sum
}

// saves is what one more copy of an item saves in a bin: something, if one of today is not there yet.
func (s *search) saves(bin *opening, item int) int64 {
	for _, stay := range s.p.Bins[bin.kind].Stays {
		if stay.Item == item && bin.have[item] < stay.Count {
			return stay.Saves
		}
	}
	return 0
}

// hopes adds up the most that each copy and all behind it could save.
func (s *search) hopes() {
	s.hope = make([]int64, len(s.copies)+1)
	for n := len(s.copies) - 1; n >= 0; n-- {
		var most int64
		for _, bin := range s.p.Bins {
			for _, stay := range bin.Stays {
				if stay.Item == s.copies[n] {
					most = max(most, stay.Saves)
				}
			}
		}
		s.hope[n] = s.hope[n+1] + most
	}
}
