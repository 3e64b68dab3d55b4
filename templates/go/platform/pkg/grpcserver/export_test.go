package grpcserver

// Certificates returns what a server with these files would show now.
func Certificates(files TLSConfig) (func() [][]byte, error) {
	c, err := newCertificates(files)
	return func() [][]byte { return c.current().Certificates[0].Certificate }, err
}
