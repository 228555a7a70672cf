package dev.woodpecker.runtime.vendor;

import java.util.ArrayList;
import java.util.List;

/**
 * What a library is asked to compute, of {@code float}s. Its buffers are, in order, {@link #sources}, the other tensors of
 * {@link #after}, and the result.
 */
public sealed interface VendorKernel {
    /** What it computes from: two tensors, and the bias if it has one. */
    List<VendorTensor> sources();

    VendorTensor result();

    List<PostOperation> after();

    /**
     * A convolution: {@code result[n, k, p] = bias[k] + sum[c, r](source[n, c, p * stride - pad + r * dilation] *
     * weights[k, c, r])}.
     *
     * @param weights {@code [k, c / groups, r...]}
     * @param bias {@code [k]}, if there is one
     * @param strides of the spatial axes
     * @param dilations of the spatial axes: 1 for neighbours
     * @param padsBefore of the spatial axes
     * @param padsAfter of the spatial axes; negative where the last elements are not read
     */
    record Convolution(
            VendorTensor source,
            VendorTensor weights,
            List<VendorTensor> bias,
            VendorTensor result,
            List<Long> strides,
            List<Long> dilations,
            List<Long> padsBefore,
            List<Long> padsAfter,
            long groups,
            List<PostOperation> after)
            implements VendorKernel {
        public Convolution {
            bias = List.copyOf(bias);
            strides = List.copyOf(strides);
            dilations = List.copyOf(dilations);
            padsBefore = List.copyOf(padsBefore);
            padsAfter = List.copyOf(padsAfter);
            after = List.copyOf(after);
        }

        @Override
        public List<VendorTensor> sources() {
            return joined(source, weights, bias);
        }
    }

    /**
     * A matrix product, or one for each index of the axes before the last two: {@code result[.., m, n] = bias[.., m, n] +
     * sum[k](left[.., m, k] * right[.., k, n])}; axes before the last two, and those of the bias, may be 1 instead.
     *
     * @param fixed whether {@code right} is the same in every run, so that it may be laid out anew once
     */
    record Product(
            VendorTensor left,
            VendorTensor right,
            List<VendorTensor> bias,
            VendorTensor result,
            boolean fixed,
            List<PostOperation> after)
            implements VendorKernel {
        public Product {
            bias = List.copyOf(bias);
            after = List.copyOf(after);
        }

        @Override
        public List<VendorTensor> sources() {
            return joined(left, right, bias);
        }
    }

    private static List<VendorTensor> joined(VendorTensor first, VendorTensor second, List<VendorTensor> bias) {
        List<VendorTensor> all = new ArrayList<>(List.of(first, second));
        all.addAll(bias);
        return all;
    }

    /** The tensors that {@link #after} reads, in order. */
    default List<VendorTensor> others() {
        List<VendorTensor> others = new ArrayList<>();
        for (PostOperation operation : after()) {
            if (operation instanceof PostOperation.Combination(PostOperation.Operator _, VendorTensor other)) {
                others.add(other);
            }
        }
        return others;
    }

    /** Whether the second source is the same in every run, and laid out as the library wants it once. */
    default boolean hasFixedWeights() {
        return switch (this) {
            case Convolution _ -> true;
            case Product product -> product.fixed();
        };
    }
}
