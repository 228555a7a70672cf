package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a kernel is in the words of cuDNN and of cuBLASLt, where they have words for it. */
final class NvidiaShapes {
    private NvidiaShapes() {}

    /**
     * A convolution with what follows it.
     *
     * @param ports what each buffer of the kernel is
     */
    record TailedConvolution(ConvolutionShape shape, Tail tail, List<Port> ports) {
        TailedConvolution {
            ports = List.copyOf(ports);
        }
    }

    /** Images of rows and columns, row-major, followed by functions of an element and one residual sum at most. */
    static Optional<TailedConvolution> convolution(VendorKernel.Convolution c) {
        List<Long> x = c.source().extents();
        List<Long> y = c.result().extents();
        boolean plain = x.size() == 4 && c.source().block() == 1 && c.result().block() == 1;
        if (!plain || c.padsAfter().stream().anyMatch(pad -> pad < 0)) {
            return Optional.empty();
        }
        List<Long> weights = c.weights().extents();
        List<Long> pads = new ArrayList<>(c.padsBefore());
        pads.addAll(c.padsAfter());
        int rank = weights.size();
        ConvolutionShape shape = new ConvolutionShape(
                x.get(0),
                x.get(1),
                x.get(2),
                x.get(3),
                y.get(1),
                weights.get(rank - 2),
                weights.get(rank - 1),
                c.strides(),
                pads,
                c.dilations(),
                c.groups());
        List<PostOperation> sums =
                c.after().stream().filter(Combination.class::isInstance).toList();
        boolean known = c.after().stream()
                .allMatch(operation -> CudnnPointwise.of(operation).isPresent());
        if (!known
                || sums.size() > 1
                || !sums.stream().allMatch(sum -> isSumWith(sum, c.result()))
                || !shape.result().equals(y)) {
            return Optional.empty();
        }
        List<Port> ports = new ArrayList<>(List.of(Port.X, Port.W));
        if (!c.bias().isEmpty()) {
            ports.add(Port.BIAS);
        }
        if (!sums.isEmpty()) {
            ports.add(Port.RESIDUAL);
        }
        ports.add(Port.Y);
        return Optional.of(new TailedConvolution(shape, new Tail(!c.bias().isEmpty(), c.after()), ports));
    }

    private static boolean isSumWith(PostOperation operation, VendorTensor result) {
        return operation instanceof Combination(PostOperation.Operator operator, VendorTensor other)
                && operator == PostOperation.Operator.ADD
                && isContiguous(other)
                && other.extents().equals(result.extents());
    }

    /** What cuBLASLt does last, of what is left; empty where it does not. */
    private static Optional<ProductEpilogue> epilogue(List<PostOperation> left, boolean bias) {
        if (left.isEmpty()) {
            return Optional.of(bias ? ProductEpilogue.BIAS : ProductEpilogue.NONE);
        }
        if (left.size() == 1
                && left.getFirst() instanceof Activation(PostOperation.Function function, float alpha, float _)) {
            if (function == PostOperation.Function.RELU && alpha == 0) {
                return Optional.of(bias ? ProductEpilogue.BIAS_RELU : ProductEpilogue.RELU);
            }
            if (function == PostOperation.Function.GELU_TANH) {
                return Optional.of(bias ? ProductEpilogue.BIAS_GELU : ProductEpilogue.GELU);
            }
        }
        return Optional.empty();
    }

    /**
     * One product, or a batch of products whose matrices lie one behind another, followed by a residual sum, then Relu or GELU
     * by tanh, at most.
     */
    static Optional<MatrixProduct> product(VendorKernel.Product p, Precision precision) {
        int rank = p.result().rank();
        if (rank > 3 || !isContiguous(p.result())) {
            return Optional.empty();
        }
        long batch = rank == 3 ? p.result().extents().getFirst() : 1;
        List<Long> result = p.result().extents();
        long m = result.get(rank - 2);
        long n = result.get(rank - 1);
        long k = p.left().extents().get(rank - 1);
        Optional<Boolean> a = transposed(p.left(), batch);
        Optional<Boolean> b = transposed(p.right(), batch);
        List<PostOperation> left = new ArrayList<>(p.after());
        boolean residual = !left.isEmpty() && isSumWith(left.getFirst(), p.result());
        if (residual) {
            left.removeFirst();
        }
        Optional<ProductEpilogue> epilogue = epilogue(left, !p.bias().isEmpty());
        boolean whole =
                p.left().extents().get(rank - 2) == m && p.right().extents().get(rank - 1) == n;
        if (!whole || a.isEmpty() || b.isEmpty() || epilogue.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new MatrixProduct(
                precision, m, n, k, Math.toIntExact(batch), a.get(), b.get(), residual, epilogue.get()));
    }

    private static boolean isContiguous(VendorTensor tensor) {
        long stride = 1;
        for (int axis = tensor.rank() - 1; axis >= 0; axis--) {
            if (tensor.extents().get(axis) > 1 && tensor.strides().get(axis) != stride) {
                return false;
            }
            stride *= tensor.extents().get(axis);
        }
        return tensor.block() == 1;
    }

    /** Whether the last two axes lie the other way round; empty if the matrices do not fill their memory. */
    private static Optional<Boolean> transposed(VendorTensor matrices, long batch) {
        if (matrices.rank() == 3 && matrices.extents().getFirst() != batch) {
            return Optional.empty();
        }
        if (isContiguous(matrices)) {
            return Optional.of(false);
        }
        List<Long> extents = new ArrayList<>(matrices.extents());
        List<Long> strides = new ArrayList<>(matrices.strides());
        int last = matrices.rank() - 1;
        extents.add(extents.remove(last - 1));
        strides.add(strides.remove(last - 1));
        return isContiguous(new VendorTensor(extents, strides, matrices.block()))
                ? Optional.of(true)
                : Optional.empty();
    }
}
