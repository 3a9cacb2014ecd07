import signal

# Whoever starts the tests by nohup would hand that down to every server, and those of several workers begin anew by it.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
