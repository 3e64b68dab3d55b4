package crypto

// Occupy takes all slots, as if that many hashes were in the making.
func (p *Passwords) Occupy() (release func()) {
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	return func() {
		for range cap(p.slots) {
			<-p.slots
		}
	}
}

// FormatRecord returns a stored hash of these parts.
func FormatRecord(memory, time uint32, threads uint8, salt, hash []byte) string {
	return record{params{memory, time, threads}, salt, hash}.String()
}

// Reformat reads a stored hash and writes it again.
func Reformat(text string) (string, error) {
	r, err := parseRecord(text)
	return r.String(), err
}
