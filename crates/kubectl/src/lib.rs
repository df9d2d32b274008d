//! kubectl as a value: a command line in, requests and text out.
