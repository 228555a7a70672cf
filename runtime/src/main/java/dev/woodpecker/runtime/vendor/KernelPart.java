package dev.woodpecker.runtime.vendor;

import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A part of a kernel that computes some of its result, apart from the others: a range of filters of a convolution, of rows
 * or of columns of a product.
 *
 * @param kernel the part as a kernel
 * @param offsets in bytes, of its buffers in the whole kernel's
 */
public record KernelPart(VendorKernel kernel, List<Long> offsets) {
    /** Filters that a part is a multiple of: a block of any layout. */
    private static final long FILTERS = 16;
    /** Rows, and columns, that are worth a part. */
    private static final long ROWS = 4;

    private static final long COLUMNS = 64;

    public KernelPart {
        offsets = List.copyOf(offsets);
    }

    /** A range of an axis. */
    private record Range(long begin, long size) {}

    /** The kernel in at most so many parts, of about equal size; in one where it cannot be split. */
    public static List<KernelPart> of(VendorKernel kernel, int most) {
        return switch (kernel) {
            case VendorKernel.Convolution c -> ofFilters(c, most);
            case VendorKernel.Product p -> ofProduct(p, most);
        };
    }

    private static List<Range> ranges(long extent, long unit, int most) {
        long units = extent / unit;
        int count = (int) Math.max(1, Math.min(most, units));
        return LongStream.range(0, count)
                .mapToObj(i -> {
                    long begin = i * units / count * unit;
                    long end = i == count - 1 ? extent : (i + 1) * units / count * unit;
                    return new Range(begin, end - begin);
                })
                .toList();
    }

    private static KernelPart whole(VendorKernel kernel) {
        long buffers = kernel.sources().size() + kernel.others().size() + 1L;
        return new KernelPart(
                kernel, LongStream.range(0, buffers).mapToObj(_ -> 0L).toList());
    }

    private static List<KernelPart> ofFilters(VendorKernel.Convolution c, int most) {
        long channels = c.source().extents().get(1);
        long filters = c.result().extents().get(1);
        boolean depthwise = c.groups() == channels && c.groups() == filters && c.groups() > 1;
        // Of one image a range of channels is one piece of memory.
        boolean oneImage = c.source().extents().getFirst() == 1;
        if (most == 1 || !oneImage || c.groups() > 1 && !depthwise) {
            return List.of(whole(c));
        }
        return ranges(filters, FILTERS, most).stream()
                .map(range -> part(c, range, depthwise))
                .toList();
    }

    private static KernelPart part(VendorKernel.Convolution c, Range range, boolean depthwise) {
        List<Long> offsets = new ArrayList<>();
        VendorTensor source = c.source();
        if (depthwise) {
            source = cut(source, 1, range, offsets);
        } else {
            offsets.add(0L);
        }
        VendorTensor weights = cut(c.weights(), 0, range, offsets);
        List<VendorTensor> bias = new ArrayList<>();
        c.bias().forEach(tensor -> bias.add(cut(tensor, 0, range, offsets)));
        List<PostOperation> after = cut(c.after(), 1, range, offsets);
        VendorTensor result = cut(c.result(), 1, range, offsets);
        return new KernelPart(
                new VendorKernel.Convolution(
                        source,
                        weights,
                        bias,
                        result,
                        c.strides(),
                        c.dilations(),
                        c.padsBefore(),
                        c.padsAfter(),
                        depthwise ? range.size() : 1,
                        after),
                offsets);
    }

    private static List<KernelPart> ofProduct(VendorKernel.Product p, int most) {
        int rank = p.result().rank();
        int rows = rank - 2;
        int columns = rank - 1;
        // Batches first, then rows; columns where there is a row only.
        Optional<Integer> batch =
                rank > 2 && p.result().extents().getFirst() >= most ? Optional.of(0) : Optional.empty();
        if (most == 1) {
            return List.of(whole(p));
        }
        boolean manyRows = p.result().extents().get(rows) >= ROWS * most;
        int axis = batch.orElse(manyRows ? rows : columns);
        long unit = axis == columns ? COLUMNS : 1;
        return ranges(p.result().extents().get(axis), unit, most).stream()
                .map(range -> part(p, axis, range))
                .toList();
    }

    private static KernelPart part(VendorKernel.Product p, int axis, Range range) {
        int rank = p.result().rank();
        List<Long> offsets = new ArrayList<>();
        VendorTensor left = p.left();
        VendorTensor right = p.right();
        if (axis != rank - 1) {
            left = cut(left, axis, range, offsets);
        } else {
            offsets.add(0L);
        }
        if (axis != rank - 2) {
            right = cut(right, axis, range, offsets);
        } else {
            offsets.add(0L);
        }
        List<VendorTensor> bias = new ArrayList<>();
        p.bias().forEach(tensor -> bias.add(cut(tensor, axis, range, offsets)));
        List<PostOperation> after = cut(p.after(), axis, range, offsets);
        VendorTensor result = cut(p.result(), axis, range, offsets);
        return new KernelPart(new VendorKernel.Product(left, right, bias, result, p.fixed(), after), offsets);
    }

    private static List<PostOperation> cut(List<PostOperation> after, int axis, Range range, List<Long> offsets) {
        List<PostOperation> parts = new ArrayList<>();
        for (PostOperation operation : after) {
            parts.add(
                    operation instanceof Combination(PostOperation.Operator operator, VendorTensor other)
                            ? new Combination(operator, cut(other, axis, range, offsets))
                            : operation);
        }
        return parts;
    }

    /** The range of a tensor's axis, and where it begins; all of an axis of one step. */
    private static VendorTensor cut(VendorTensor tensor, int axis, Range range, List<Long> offsets) {
        if (tensor.extents().get(axis) == 1) {
            offsets.add(0L);
            return tensor;
        }
        List<Long> extents = new ArrayList<>(tensor.extents());
        extents.set(axis, range.size());
        // In blocks or not, so many channels of one image before it take the same memory.
        offsets.add(range.begin() * tensor.strides().get(axis) * Float.BYTES);
        return new VendorTensor(
                extents,
                tensor.block() > 1 ? VendorTensor.rowMajor(extents).strides() : tensor.strides(),
                tensor.block());
    }
}
