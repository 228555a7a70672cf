package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.vendor.VendorKernel;
import java.util.ArrayList;
import java.util.List;

/** A library that computes nothing: each of its calls is so many launches of a kernel that is not there. */
public final class FakeVendor implements DeviceVendor {
    private final CudaDriver driver;
    private final int launches;
    private final List<String> asked = new ArrayList<>();
    private final List<List<Long>> enqueued = new ArrayList<>();
    private boolean isRefusing;
    private int open;

    /**
     * @param launches of one call
     */
    public FakeVendor(CudaDriver driver, int launches) {
        this.driver = driver;
        this.launches = launches;
    }

    /** From now on calls are refused, or not. */
    public void refuse(boolean refuses) {
        isRefusing = refuses;
    }

    /** What it was asked for, in order. */
    public List<String> asked() {
        return asked;
    }

    /** The buffers of the calls, in order. */
    public List<List<Long>> enqueued() {
        return enqueued;
    }

    /** Calls that are not closed. */
    public int open() {
        return open;
    }

    @Override
    public List<Call> calls(VendorKernel kernel, Precision precision) {
        asked.add(kernel.getClass().getSimpleName() + " " + precision);
        open++;
        return List.of(new Call() {
            @Override
            public String name() {
                return "fake library";
            }

            @Override
            public long workspaceBytes() {
                return 1024;
            }

            @Override
            public void enqueue(List<Long> buffers, long workspace, long stream) {
                if (isRefusing) {
                    throw new VendorCallException("fakeRun", 7, "FAKE_NOT_SUPPORTED");
                }
                enqueued.add(buffers);
                for (int i = 0; i < launches; i++) {
                    driver.launch(
                            new KernelLaunch(
                                    new Function(1, "fake"), Extent3.of(1), Extent3.of(1), 0, List.of(workspace)),
                            new Stream(stream));
                }
            }

            @Override
            public void close() {
                open--;
            }
        });
    }
}
