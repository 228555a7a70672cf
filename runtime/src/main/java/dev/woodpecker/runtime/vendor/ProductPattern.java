package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds matrix products: sums along one axis of two row-major tensors, of which the right one is read along the last axis
 * of the result and the left one is not. Axes before it that the right one does not have become rows of one product.
 */
final class ProductPattern {
    private final SumOfProducts sum;
    private final List<Axis> axes;
    private final Expr depth;

    private ProductPattern(SumOfProducts sum) {
        this.sum = sum;
        this.axes = sum.stage().axes().stream()
                .filter(axis -> SumOfProducts.extent(axis.extent()) > 1)
                .toList();
        this.depth = sum.reduced().getFirst().variable();
    }

    static Optional<VendorMatch> match(SumOfProducts sum) {
        if (sum.reduced().size() != 1 || sum.stage().axes().isEmpty()) {
            return Optional.empty();
        }
        return new ProductPattern(sum).match().or(() -> new ProductPattern(sum.swapped()).match());
    }

    private Optional<VendorMatch> match() {
        boolean plain = sum.left().outside().isEmpty()
                && sum.right().outside().isEmpty()
                && sum.block(sum.left().tensor()).equals(Optional.of(1))
                && sum.block(sum.right().tensor()).equals(Optional.of(1))
                && sum.block(sum.stage().name()).equals(Optional.of(1));
        Optional<Map<Expr, Long>> left = sum.strides(sum.left());
        Optional<Map<Expr, Long>> right = sum.strides(sum.right());
        Optional<Epilogue> epilogue = sum.epilogue();
        if (!plain
                || left.isEmpty()
                || right.isEmpty()
                || epilogue.isEmpty()
                || axes.isEmpty()
                || !left.get().containsKey(depth)
                || !right.get().containsKey(depth)) {
            return Optional.empty();
        }
        Expr column = axes.getLast().variable();
        if (left.get().containsKey(column) || !right.get().containsKey(column)) {
            return Optional.empty();
        }
        return product(left.get(), right.get(), epilogue.get());
    }

    private Optional<VendorMatch> product(Map<Expr, Long> left, Map<Expr, Long> right, Epilogue epilogue) {
        List<Map<Expr, Long>> others = new ArrayList<>();
        for (Expr.Read read : epilogue.reads()) {
            Optional<Map<Expr, Long>> strides = sum.strides(read);
            if (strides.isEmpty() || sum.block(read.tensor()).orElse(0) != 1) {
                return Optional.empty();
            }
            others.add(strides.get());
        }
        Map<Expr, Long> result = new HashMap<>();
        List<Long> strides =
                VendorTensor.rowMajor(sum.extents(sum.stage().name())).strides();
        for (int i = 0; i < strides.size(); i++) {
            result.put(sum.stage().axes().get(i).variable(), strides.get(i));
        }
        List<Group> groups = groups(left, right, result, others);
        if (groups.isEmpty()) {
            return Optional.empty();
        }
        List<PostOperation> steps = new ArrayList<>();
        int other = 0;
        for (PostOperation step : epilogue.steps()) {
            steps.add(
                    switch (step) {
                        case PostOperation.Activation a -> a;
                        case Combination(PostOperation.Operator operator, VendorTensor _) ->
                            new Combination(operator, along(groups, others.get(other++)));
                    });
        }
        List<VendorTensor> bias = new ArrayList<>();
        boolean hasBias = !steps.isEmpty()
                && steps.getFirst() instanceof Combination(PostOperation.Operator operator, VendorTensor tensor)
                && operator == PostOperation.Operator.ADD
                && isRow(tensor, groups);
        if (hasBias && steps.removeFirst() instanceof Combination(PostOperation.Operator _, VendorTensor tensor)) {
            bias.add(tensor);
        }
        List<String> inputs =
                new ArrayList<>(List.of(sum.left().tensor(), sum.right().tensor()));
        epilogue.reads().forEach(read -> inputs.add(read.tensor()));
        return Optional.of(new VendorMatch(
                new VendorKernel.Product(
                        matrix(groups, left, true),
                        matrix(groups, right, false),
                        bias,
                        along(groups, result),
                        sum.fixed().test(sum.right().tensor()),
                        steps),
                inputs));
    }

    /** Axes of the result that are one axis of the product: their steps continue each other in every tensor. */
    private record Group(List<Axis> axes) {
        long extent() {
            return axes.stream()
                    .mapToLong(axis -> SumOfProducts.extent(axis.extent()))
                    .reduce(1, (a, b) -> a * b);
        }

        long stride(Map<Expr, Long> strides) {
            return axes.isEmpty() ? 1 : strides.getOrDefault(axes.getLast().variable(), 0L);
        }
    }

    /** At least rows and columns; empty if there would be more axes than a product of matrices has. */
    private List<Group> groups(
            Map<Expr, Long> left, Map<Expr, Long> right, Map<Expr, Long> result, List<Map<Expr, Long>> others) {
        List<Map<Expr, Long>> all = new ArrayList<>(List.of(left, right, result));
        all.addAll(others);
        List<Group> groups = new ArrayList<>();
        for (Axis axis : axes.subList(0, axes.size() - 1)) {
            boolean continues = !groups.isEmpty()
                    && all.stream()
                            .allMatch(strides ->
                                    continues(strides, groups.getLast().axes().getLast(), axis));
            if (continues) {
                List<Axis> joined = new ArrayList<>(groups.removeLast().axes());
                joined.add(axis);
                groups.add(new Group(joined));
            } else {
                groups.add(new Group(List.of(axis)));
            }
        }
        // What the right tensor varies with is a batch, even where it comes last.
        boolean needsRows = groups.isEmpty() || groups.getLast().stride(right) != 0;
        if (needsRows) {
            groups.add(new Group(List.of()));
        }
        groups.add(new Group(List.of(axes.getLast())));
        return groups.size() <= 4 ? groups : List.of();
    }

    private static boolean continues(Map<Expr, Long> strides, Axis outer, Axis inner) {
        Long of = strides.get(outer.variable());
        Long in = strides.get(inner.variable());
        return of == null || in == null ? of == null && in == null : of == in * SumOfProducts.extent(inner.extent());
    }

    /** A tensor along the axes of the product; 1 where it does not vary. */
    private static VendorTensor along(List<Group> groups, Map<Expr, Long> strides) {
        List<Long> extents = new ArrayList<>();
        List<Long> steps = new ArrayList<>();
        for (Group group : groups) {
            long stride = group.stride(strides);
            boolean varies = !group.axes().isEmpty() && stride != 0;
            extents.add(varies ? group.extent() : 1);
            steps.add(varies ? stride : 1);
        }
        return new VendorTensor(extents, steps, 1);
    }

    /** The left or the right matrix: the sum's axis in the place of columns or rows. */
    private VendorTensor matrix(List<Group> groups, Map<Expr, Long> strides, boolean isLeft) {
        VendorTensor along = along(groups, strides);
        List<Long> extents = new ArrayList<>(along.extents());
        List<Long> steps = new ArrayList<>(along.strides());
        int place = groups.size() - (isLeft ? 1 : 2);
        extents.set(place, SumOfProducts.extent(sum.reduced().getFirst().extent()));
        steps.set(place, strides.getOrDefault(depth, 1L));
        return new VendorTensor(extents, steps, 1);
    }

    /** One value a column. */
    private static boolean isRow(VendorTensor tensor, List<Group> groups) {
        int last = groups.size() - 1;
        for (int i = 0; i < last; i++) {
            if (tensor.extents().get(i) != 1) {
                return false;
            }
        }
        return tensor.extents().get(last) == groups.get(last).extent()
                && tensor.strides().get(last) == 1;
    }
}
