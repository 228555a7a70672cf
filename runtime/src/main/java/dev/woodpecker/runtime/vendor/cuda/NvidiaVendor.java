package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * cuDNN for convolutions, cuBLASLt for products, those of them that there are. Their handles are for one thread at a time,
 * which is seen to here.
 */
public final class NvidiaVendor implements DeviceVendor {
    /** Of cuDNN's engines and cuBLASLt's heuristics: what they put first is among the fastest few. */
    private static final int MOST_CALLS = 4;

    /** What cuBLAS itself takes on Hopper. */
    private static final long WORKSPACE_LIMIT_BYTES = 32L << 20;

    /** What an algorithm is asked for with, before a bias is known: aligned as all of them are. */
    private static final long ANY_ADDRESS = 256;

    private final Runnable makeCurrent;
    private final Optional<Cudnn> cudnn;
    private final Optional<CublasLt> cublas;

    private NvidiaVendor(Runnable makeCurrent, Optional<Cudnn> cudnn, Optional<CublasLt> cublas) {
        this.makeCurrent = makeCurrent;
        this.cudnn = cudnn;
        this.cublas = cublas;
    }

    /** The libraries that are there. */
    static NvidiaVendor of(Runnable makeCurrent, Optional<Cudnn> cudnn, Optional<CublasLt> cublas) {
        return new NvidiaVendor(makeCurrent, cudnn, cublas);
    }

    /**
     * The libraries that are there; empty if neither is.
     *
     * @param makeCurrent makes the device's context current on the calling thread
     * @throws VendorCallException if one is there and refuses: mostly since the driver is too old for it
     */
    public static Optional<DeviceVendor> find(SharedObjectSearch search, Runnable makeCurrent) {
        makeCurrent.run();
        NvidiaVendor found = new NvidiaVendor(makeCurrent, Cudnn.find(search), CublasLt.find(search));
        return found.cudnn.isEmpty() && found.cublas.isEmpty() ? Optional.empty() : Optional.of(found);
    }

    @Override
    public synchronized List<Call> calls(VendorKernel kernel, Precision precision) {
        makeCurrent.run();
        return switch (kernel) {
            case VendorKernel.Convolution c ->
                cudnn.flatMap(library ->
                                NvidiaShapes.convolution(c).map(wanted -> convolutions(library, wanted, precision)))
                        .orElse(List.of());
            case VendorKernel.Product p ->
                cublas.flatMap(library -> NvidiaShapes.product(p, precision).map(wanted -> products(library, wanted)))
                        .orElse(List.of());
        };
    }

    private List<Call> convolutions(Cudnn library, NvidiaShapes.TailedConvolution wanted, Precision precision) {
        List<Call> calls = new ArrayList<>();
        CudnnConvolution convolution = library.convolution(wanted.shape(), precision, Order.NCHW, wanted.tail());
        try {
            List<CudnnConvolution.Plan> plans = convolution.plans(MOST_CALLS);
            int[] open = {plans.size()};
            plans.forEach(plan -> calls.add(new ConvolutionCall(library, convolution, plan, wanted.ports(), open)));
            if (plans.isEmpty()) {
                convolution.close();
            }
        } catch (VendorCallException refused) {
            convolution.close();
            throw refused;
        }
        return calls;
    }

    private List<Call> products(CublasLt library, MatrixProduct wanted) {
        long bias = wanted.epilogue().hasBias() ? ANY_ADDRESS : 0;
        try (CublasLtProduct asked = library.product(wanted, bias, WORKSPACE_LIMIT_BYTES)) {
            return asked.algorithms(MOST_CALLS).stream()
                    .<Call>map(algorithm -> new ProductCall(library, wanted, algorithm))
                    .toList();
        }
    }

    /** An engine of cuDNN. */
    private final class ConvolutionCall implements Call {
        private final Cudnn library;
        private final CudnnConvolution convolution;
        private final CudnnConvolution.Plan plan;
        private final List<Port> ports;
        /** How many calls of the convolution are not closed. */
        private final int[] open;

        private final Map<List<Long>, CudnnConvolution.Arguments> arguments = new HashMap<>();

        ConvolutionCall(
                Cudnn library, CudnnConvolution convolution, CudnnConvolution.Plan plan, List<Port> ports, int[] open) {
            this.library = library;
            this.convolution = convolution;
            this.plan = plan;
            this.ports = ports;
            this.open = open;
        }

        @Override
        public String name() {
            return "cuDNN " + plan.engine();
        }

        @Override
        public long workspaceBytes() {
            return plan.workspaceBytes();
        }

        @Override
        public void enqueue(List<Long> buffers, long workspace, long stream) {
            synchronized (NvidiaVendor.this) {
                makeCurrent.run();
                List<Long> key = new ArrayList<>(buffers);
                key.add(workspace);
                CudnnConvolution.Arguments known = arguments.computeIfAbsent(key, _ -> {
                    Map<Port, Long> memory = new EnumMap<>(Port.class);
                    for (int i = 0; i < ports.size(); i++) {
                        memory.put(ports.get(i), buffers.get(i));
                    }
                    return convolution.arguments(memory, workspace);
                });
                library.useStream(stream);
                convolution.run(plan, known);
            }
        }

        @Override
        public void close() {
            synchronized (NvidiaVendor.this) {
                if (--open[0] == 0) {
                    convolution.close();
                }
            }
        }
    }

    /** An algorithm of cuBLASLt: the description of a product has the address of its bias in it. */
    private final class ProductCall implements Call {
        private final CublasLt library;
        private final MatrixProduct product;
        private final CublasLtProduct.Algorithm algorithm;
        private final Map<Long, CublasLtProduct> byBias = new HashMap<>();

        ProductCall(CublasLt library, MatrixProduct product, CublasLtProduct.Algorithm algorithm) {
            this.library = library;
            this.product = product;
            this.algorithm = algorithm;
        }

        private CublasLtProduct of(long bias) {
            return byBias.computeIfAbsent(bias, address -> library.product(product, address, WORKSPACE_LIMIT_BYTES));
        }

        @Override
        public String name() {
            return "cuBLASLt " + algorithm.origin();
        }

        @Override
        public long workspaceBytes() {
            return algorithm.workspaceBytes();
        }

        @Override
        public void enqueue(List<Long> buffers, long workspace, long stream) {
            synchronized (NvidiaVendor.this) {
                makeCurrent.run();
                long bias = product.epilogue().hasBias() ? buffers.get(2) : 0;
                // What is added stands before the result, which is last.
                long added = product.residual() ? buffers.get(buffers.size() - 2) : 0;
                of(bias).run(algorithm, buffers.get(0), buffers.get(1), added, buffers.getLast(), workspace, stream);
            }
        }

        @Override
        public void close() {
            synchronized (NvidiaVendor.this) {
                byBias.values().forEach(CublasLtProduct::close);
            }
        }
    }
}
