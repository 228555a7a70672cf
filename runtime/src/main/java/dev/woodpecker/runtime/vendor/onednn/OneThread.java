package dev.woodpecker.runtime.vendor.onednn;

/** For as long as it is open, OpenMP gives the calling thread no others; then it is as it was. */
final class OneThread implements AutoCloseable {
    private final Api api;
    private final int before;

    OneThread(Api api) {
        this.api = api;
        this.before = OneDnn.invoke(api.getThreads);
        set(1);
    }

    private void set(int threads) {
        try {
            api.setThreads.invoke(threads);
        } catch (Throwable e) {
            throw OneDnn.impossible(e);
        }
    }

    @Override
    public void close() {
        set(before);
    }
}
