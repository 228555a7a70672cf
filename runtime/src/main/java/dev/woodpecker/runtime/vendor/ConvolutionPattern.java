package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds convolutions: sums whose right tensor is read at the filter, then at the axes of the sum, and whose left one is read
 * at positions that go evenly with the result's and the window's. What is even is found by looking at every position.
 */
final class ConvolutionPattern {
    private final SumOfProducts sum;
    private final List<Axis> axes;

    private ConvolutionPattern(SumOfProducts sum) {
        this.sum = sum;
        this.axes = sum.stage().axes();
    }

    /** The convolution, if it is one with fixed weights. */
    static Optional<VendorMatch> match(SumOfProducts sum) {
        return new ConvolutionPattern(sum).match().or(() -> new ConvolutionPattern(sum.swapped()).match());
    }

    /** How the source is read along a spatial axis. */
    private record Steps(long stride, long dilation, long padBefore, long padAfter) {}

    private Optional<VendorMatch> match() {
        Expr.Read source = sum.left();
        Expr.Read weights = sum.right();
        int rank = axes.size();
        boolean zeroOutside =
                source.outside().isEmpty() || source.outside().get().equals(new Expr.FloatConst(0, DType.F32));
        if (rank < 3
                || source.indices().size() != rank
                || weights.indices().size() != rank
                || weights.outside().isPresent()
                || !zeroOutside
                || !sum.fixed().test(weights.tensor())
                || !isAxis(source.indices().get(0), axes.get(0))
                || !isAxis(weights.indices().get(0), axes.get(1))) {
            return Optional.empty();
        }
        Optional<List<Optional<Axis>>> window = window(weights);
        List<Long> x = sum.extents(source.tensor());
        List<Long> w = sum.extents(weights.tensor());
        List<Long> y = sum.extents(sum.stage().name());
        if (window.isEmpty() || x.get(1) % w.get(1) != 0 || !w.getFirst().equals(y.get(1))) {
            return Optional.empty();
        }
        long groups = x.get(1) / w.get(1);
        long filters = w.getFirst() / groups;
        boolean grouped = w.getFirst() % groups == 0
                && SumOfProducts.isEverywhere(
                        source.indices().get(1),
                        Optional.of(axes.get(1)),
                        window.get().getFirst(),
                        (k, c) -> k / filters * w.get(1) + c);
        if (!grouped) {
            return Optional.empty();
        }
        List<Steps> steps = new ArrayList<>();
        for (int d = 2; d < rank; d++) {
            Optional<Steps> found =
                    steps(source.indices().get(d), axes.get(d), window.get().get(d - 1), x.get(d), w.get(d));
            if (found.isEmpty()) {
                return Optional.empty();
            }
            steps.add(found.get());
        }
        return kernel(steps, groups, w, y);
    }

    private static boolean isAxis(Expr index, Axis axis) {
        return index.equals(axis.variable())
                || IndexMath.isConstant(index, 0) && SumOfProducts.extent(axis.extent()) == 1;
    }

    /** The axis of the sum for each axis of the weights after the first; none where there is one step. */
    private Optional<List<Optional<Axis>>> window(Expr.Read weights) {
        List<Long> extents = sum.extents(weights.tensor());
        List<Optional<Axis>> found = new ArrayList<>();
        List<Axis> left = new ArrayList<>(sum.reduced());
        for (int i = 1; i < extents.size(); i++) {
            Expr index = weights.indices().get(i);
            Optional<Axis> axis =
                    left.stream().filter(a -> a.variable().equals(index)).findFirst();
            boolean whole = axis.isPresent()
                    ? SumOfProducts.extent(axis.get().extent()) == extents.get(i)
                    : extents.get(i) == 1 && IndexMath.isConstant(index, 0);
            if (!whole) {
                return Optional.empty();
            }
            axis.ifPresent(left::remove);
            found.add(axis);
        }
        return left.isEmpty() ? Optional.of(found) : Optional.empty();
    }

    private static Optional<Steps> steps(Expr index, Axis position, Optional<Axis> window, long extent, long taps) {
        Optional<Axis> along = Optional.of(position);
        OptionalLong first = SumOfProducts.valueAt(index, along, 0, window, 0);
        OptionalLong next = SumOfProducts.valueAt(index, along, 1, window, 0);
        OptionalLong tap = SumOfProducts.valueAt(index, along, 0, window, 1);
        if (first.isEmpty() || next.isEmpty() || tap.isEmpty()) {
            return Optional.empty();
        }
        long positions = SumOfProducts.extent(position.extent());
        long begin = first.getAsLong();
        long stride = positions == 1 ? 1 : next.getAsLong() - begin;
        long dilation = taps == 1 ? 1 : tap.getAsLong() - begin;
        boolean even = stride > 0
                && dilation > 0
                && begin <= 0
                && SumOfProducts.isEverywhere(index, along, window, (i, r) -> begin + i * stride + r * dilation);
        long end = begin + (positions - 1) * stride + (taps - 1) * dilation + 1;
        return even ? Optional.of(new Steps(stride, dilation, -begin, Math.max(0, end - extent))) : Optional.empty();
    }

    private Optional<VendorMatch> kernel(List<Steps> steps, long groups, List<Long> w, List<Long> y) {
        Optional<VendorTensor> source = sum.tensor(sum.left().tensor());
        Optional<VendorTensor> result = sum.tensor(sum.stage().name());
        Optional<Epilogue> epilogue = sum.epilogue();
        if (source.isEmpty() || result.isEmpty() || epilogue.isEmpty()) {
            return Optional.empty();
        }
        List<Long> perFilter = new ArrayList<>();
        if (groups > 1) {
            perFilter.add(groups);
        }
        perFilter.add(w.getFirst() / groups);
        perFilter.addAll(w.subList(1, w.size()));
        List<String> inputs =
                new ArrayList<>(List.of(sum.left().tensor(), sum.right().tensor()));
        List<VendorTensor> bias = new ArrayList<>();
        Optional<Epilogue> without = epilogue.get().withoutBias(read -> isPerFilter(read, y));
        without.ifPresent(_ -> {
            bias.add(VendorTensor.rowMajor(List.of(y.get(1))));
            inputs.add(epilogue.get().reads().getFirst().tensor());
        });
        Epilogue rest = without.orElse(epilogue.get());
        rest.reads().forEach(read -> inputs.add(read.tensor()));
        return Optional.of(new VendorMatch(
                new VendorKernel.Convolution(
                        source.get(),
                        VendorTensor.rowMajor(perFilter),
                        bias,
                        result.get(),
                        steps.stream().map(Steps::stride).toList(),
                        steps.stream().map(Steps::dilation).toList(),
                        steps.stream().map(Steps::padBefore).toList(),
                        steps.stream().map(Steps::padAfter).toList(),
                        groups,
                        rest.steps()),
                inputs));
    }

    /** One row-major value for each filter, whatever axes of one step are around it. */
    private boolean isPerFilter(Expr.Read read, List<Long> y) {
        List<Long> extents = sum.extents(read.tensor());
        boolean whole = extents.stream().reduce(1L, (a, b) -> a * b).equals(y.get(1));
        return whole
                && sum.strides(read)
                        .filter(strides -> y.get(1) == 1
                                || strides.size() == 1
                                        && Long.valueOf(1)
                                                .equals(strides.get(axes.get(1).variable())))
                        .isPresent();
    }
}
