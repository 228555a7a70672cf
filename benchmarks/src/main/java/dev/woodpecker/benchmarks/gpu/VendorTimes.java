package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.timing.DeviceTimer;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import dev.woodpecker.runtime.vendor.cuda.CublasLt;
import dev.woodpecker.runtime.vendor.cuda.CublasLtProduct;
import dev.woodpecker.runtime.vendor.cuda.Cudnn;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Plan;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import dev.woodpecker.runtime.vendor.cuda.MatrixProduct;
import dev.woodpecker.runtime.vendor.cuda.VendorCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vendor's libraries on the same workloads: the fastest of the algorithms that they name. */
final class VendorTimes implements AutoCloseable {
    /** Of each order of channels. */
    private static final int PLANS = 4;

    private static final int HEURISTICS = 8;
    private static final long WORKSPACE_BYTES = 256L << 20;

    private final CudaDriver driver;
    private final Stream stream;
    private final DeviceTimer timer;
    private final Optional<Cudnn> cudnn;
    private final Optional<CublasLt> cublas;
    private final List<String> problems = new ArrayList<>();

    /**
     * The fastest found.
     *
     * @param tried algorithms
     * @param problem what was wrong where there is none; empty otherwise
     */
    record Best(double seconds, String name, int tried, String problem) {
        static Best none(String problem) {
            return new Best(0, "", 0, problem);
        }

        boolean exists() {
            return seconds > 0;
        }

        private Best or(Best other) {
            boolean better = other.exists() && (!exists() || other.seconds < seconds);
            Best first = better ? other : this;
            return new Best(first.seconds, first.name, tried + other.tried, exists() || other.exists() ? "" : problem);
        }
    }

    VendorTimes(CudaDriver driver, Stream stream, DeviceTimer timer, SharedObjectSearch search) {
        this.driver = driver;
        this.stream = stream;
        this.timer = timer;
        driver.makeCurrent();
        this.cudnn = found("cuDNN", () -> Cudnn.find(search));
        this.cublas = found("cuBLASLt", () -> CublasLt.find(search));
        cudnn.ifPresent(library -> library.useStream(stream.value()));
    }

    private interface Finder<T> {
        Optional<T> find();
    }

    /** A library that is absent, too new for the driver, or not what it should be leaves its column empty. */
    private <T> Optional<T> found(String name, Finder<T> finder) {
        try {
            Optional<T> library = finder.find();
            if (library.isEmpty()) {
                problems.add(name + " was not found");
            }
            return library;
        } catch (RuntimeException unusable) {
            problems.add(name + ": " + unusable.getMessage());
            return Optional.empty();
        }
    }

    /** Names and versions, and what is missing. */
    String describe() {
        List<String> all = new ArrayList<>();
        cudnn.ifPresent(library -> all.add("cuDNN " + library.version()));
        cublas.ifPresent(library -> all.add("cuBLASLt " + library.version()));
        all.addAll(problems);
        return String.join("; ", all);
    }

    Best best(Workload workload, InputValues values) {
        driver.makeCurrent();
        return switch (workload) {
            case Workload.Convolution convolution ->
                cudnn.map(library -> convolution(library, convolution, values, Order.NCHW)
                                .or(convolution(library, convolution, values, Order.NHWC)))
                        .orElseGet(() -> Best.none("no cuDNN"));
            case Workload.Product product ->
                cublas.map(library -> product(library, product, values)).orElseGet(() -> Best.none("no cuBLASLt"));
            case Workload.Stream _ -> Best.none("no library's");
        };
    }

    private Best convolution(Cudnn library, Workload.Convolution workload, InputValues values, Order order) {
        try (DeviceTensors tensors = new DeviceTensors(driver, stream, workload, values, order);
                CudnnConvolution convolution =
                        library.convolution(workload.shape(), workload.precision(), order, Tail.NONE)) {
            Best best = Best.none("cuDNN has no engine");
            for (Plan plan : convolution.plans(PLANS)) {
                if (plan.workspaceBytes() <= WORKSPACE_BYTES) {
                    best = best.or(time(convolution, plan, tensors));
                }
            }
            return best;
        } catch (VendorCallException refused) {
            return Best.none(String.valueOf(refused.getMessage()));
        }
    }

    private Best time(CudnnConvolution convolution, Plan plan, DeviceTensors tensors) {
        DevicePointer workspace = tensors.scratch(plan.workspaceBytes());
        List<CudnnConvolution.Arguments> arguments = new ArrayList<>();
        for (int set = 0; set < tensors.sets(); set++) {
            arguments.add(convolution.arguments(
                    Map.of(
                            Port.X, tensors.input(set, 0).address(),
                            Port.W, tensors.input(set, 1).address(),
                            Port.Y, tensors.result(set).address()),
                    workspace.address()));
        }
        return timed(plan.engine(), tensors, run -> convolution.run(plan, arguments.get(run % arguments.size())));
    }

    private Best product(CublasLt library, Workload.Product workload, InputValues values) {
        MatrixProduct description = MatrixProduct.of(workload.precision(), workload.m(), workload.n(), workload.k());
        try (DeviceTensors tensors = new DeviceTensors(driver, stream, workload, values, Order.NCHW);
                CublasLtProduct product = library.product(description, 0, WORKSPACE_BYTES)) {
            DevicePointer workspace = tensors.scratch(WORKSPACE_BYTES);
            Best best = Best.none("cuBLASLt has no algorithm");
            for (CublasLtProduct.Algorithm algorithm : product.algorithms(HEURISTICS)) {
                best = best.or(timed(
                        "cuBLASLt " + algorithm.origin(),
                        tensors,
                        run -> product.run(
                                algorithm,
                                tensors.input(run, 0).address(),
                                tensors.input(run, 1).address(),
                                0,
                                tensors.result(run).address(),
                                workspace.address(),
                                stream.value())));
            }
            return best;
        } catch (VendorCallException refused) {
            return Best.none(String.valueOf(refused.getMessage()));
        }
    }

    /** A result that is wrong is no result: it would be a mistake of ours in describing the workload. */
    private Best timed(String name, DeviceTensors tensors, java.util.function.IntConsumer run) {
        try {
            tensors.spoilResult();
            run.accept(0);
            Optional<String> wrong = tensors.wrong();
            return wrong.isPresent()
                    ? new Best(0, "", 1, name + ": " + wrong.get())
                    : new Best(timer.seconds(run), name, 1, "");
        } catch (VendorCallException refused) {
            return new Best(0, "", 1, name + ": " + refused.getMessage());
        }
    }

    @Override
    public void close() {
        cudnn.ifPresent(Cudnn::close);
        cublas.ifPresent(CublasLt::close);
    }
}
