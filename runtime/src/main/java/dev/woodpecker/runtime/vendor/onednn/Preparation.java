package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.onednn.OneDnnKernel.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes a primitive of a kernel's description. */
final class Preparation {
    private static final int FORWARD_INFERENCE = 96;
    private static final int CONVOLUTION_DIRECT = 1;
    private static final int SCRATCHPAD_USER = 1;

    private static final int SOURCE = 1;
    private static final int RESULT = 17;
    private static final int WEIGHTS = 33;
    private static final int BIAS = 41;
    private static final int SCRATCHPAD = 80;
    /** {@code DNNL_ARG_ATTR_MULTIPLE_POST_OP(0)}, which is also the step to the next, with the second source of an operation. */
    private static final int POST_OPERATION = 32768;

    private static final int OTHER = 2;

    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_WEIGHTS = 131;
    private static final int QUERY_SCRATCHPAD = 136;
    private static final long LONGEST_NAME = 256;

    private final OneDnn library;
    private final Api api;
    private final VendorKernel kernel;
    private final Arena arena;

    Preparation(OneDnn library, VendorKernel kernel, Arena arena) {
        this.library = library;
        this.api = library.api();
        this.kernel = kernel;
        this.arena = arena;
    }

    Optional<OneDnnKernel> kernel() {
        boolean representable = Stream.of(kernel.sources(), kernel.others(), List.of(kernel.result()))
                .flatMap(List::stream)
                .allMatch(Descriptors::canHave);
        if (!representable) {
            return Optional.empty();
        }
        // Descriptors are copied by what is made of them, but for those of the arguments.
        try (Arena setup = Arena.ofConfined();
                OneThread _ = new OneThread(api)) {
            Descriptors brief = new Descriptors(api, setup);
            MemorySegment cell = brief.cell();
            if (describe(brief, cell.address()) != Status.SUCCESS) {
                return Optional.empty();
            }
            long description = Owned.by(arena, cell.get(ValueLayout.JAVA_LONG, 0), api.destroyDescription);
            String implementation = implementation(description, cell);
            if (implementation.startsWith("ref") || implementation.startsWith("simple")) {
                return Optional.empty();
            }
            Status.check(OneDnn.invoke(api.createPrimitive, cell.address(), description), "make " + implementation);
            long primitive = Owned.by(arena, cell.get(ValueLayout.JAVA_LONG, 0), api.destroyPrimitive);
            long weights = queried(description, QUERY_WEIGHTS);
            long scratchpad = queried(description, QUERY_SCRATCHPAD);
            long scratchBytes = OneDnn.pointer(api.bytes, scratchpad);
            return Optional.of(new OneDnnKernel(
                    library,
                    arena,
                    implementation,
                    primitive,
                    arguments(weights, scratchpad, scratchBytes),
                    scratchBytes,
                    weights));
        }
    }

    private List<Argument> arguments(long weights, long scratchpad, long scratchBytes) {
        Descriptors lasting = new Descriptors(api, arena);
        List<Argument> arguments = new ArrayList<>();
        List<VendorTensor> sources = kernel.sources();
        arguments.add(new Argument(SOURCE, lasting.of(sources.get(0)), 0));
        arguments.add(new Argument(WEIGHTS, weights, 1));
        int buffer = 2;
        if (sources.size() > 2) {
            arguments.add(new Argument(BIAS, lasting.of(sources.get(2)), buffer++));
        }
        for (int i = 0; i < kernel.after().size(); i++) {
            if (kernel.after().get(i)
                    instanceof PostOperation.Combination(PostOperation.Operator _, VendorTensor other)) {
                arguments.add(new Argument(POST_OPERATION * (i + 1) | OTHER, lasting.of(other), buffer++));
            }
        }
        arguments.add(new Argument(RESULT, lasting.of(kernel.result()), buffer));
        if (scratchBytes > 0) {
            arguments.add(new Argument(SCRATCHPAD, scratchpad, Argument.SCRATCH));
        }
        return arguments;
    }

    private int describe(Descriptors brief, long result) {
        long attributes = attributes(brief);
        return switch (kernel) {
            case VendorKernel.Convolution c -> describe(c, brief, result, attributes);
            case VendorKernel.Product p -> describe(p, brief, result, attributes);
        };
    }

    private int describe(VendorKernel.Convolution c, Descriptors brief, long result, long attributes) {
        return OneDnn.invoke(
                api.describeConvolution,
                result,
                library.engine(),
                FORWARD_INFERENCE,
                CONVOLUTION_DIRECT,
                brief.of(c.source()),
                brief.any(c.weights().extents()),
                c.bias().isEmpty() ? 0L : brief.of(c.bias().getFirst()),
                brief.of(c.result()),
                brief.numbers(c.strides()),
                brief.numbers(c.dilations().stream().map(d -> d - 1).toList()),
                brief.numbers(c.padsBefore()),
                brief.numbers(c.padsAfter()),
                attributes);
    }

    private int describe(VendorKernel.Product p, Descriptors brief, long result, long attributes) {
        return OneDnn.invoke(
                api.describeProduct,
                result,
                library.engine(),
                brief.of(p.left()),
                p.fixed() ? brief.any(p.right().extents()) : brief.of(p.right()),
                p.bias().isEmpty() ? 0L : brief.of(p.bias().getFirst()),
                brief.of(p.result()),
                attributes);
    }

    private long attributes(Descriptors brief) {
        MemorySegment cell = brief.cell();
        Status.check(OneDnn.invoke(api.createAttributes, cell.address()), "create attributes");
        long attributes = brief.owned(cell, api.destroyAttributes);
        Status.check(OneDnn.invoke(api.setScratchpadMode, attributes, SCRATCHPAD_USER), "take scratch memory");
        Status.check(OneDnn.invoke(api.createPostOperations, cell.address()), "create post-operations");
        long operations = brief.owned(cell, api.destroyPostOperations);
        for (PostOperation operation : kernel.after()) {
            int status = switch (operation) {
                case PostOperation.Activation(PostOperation.Function function, float alpha, float beta) ->
                    OneDnn.invoke(api.appendFunction, operations, number(function), alpha, beta);
                case PostOperation.Combination(PostOperation.Operator operator, VendorTensor other) ->
                    OneDnn.invoke(api.appendBinary, operations, number(operator), brief.of(other));
            };
            Status.check(status, "append " + operation);
        }
        Status.check(OneDnn.invoke(api.setPostOperations, attributes, operations), "set post-operations");
        return attributes;
    }

    /** {@code dnnl_alg_kind_t}. */
    private static int number(PostOperation.Function function) {
        return switch (function) {
            case RELU -> 32;
            case TANH -> 33;
            case ELU -> 34;
            case LINEAR -> 38;
            case HARD_SIGMOID -> 40;
            case LOGISTIC -> 41;
            case SWISH -> 44;
            case CLIP -> 46;
            case GELU -> 49;
            case GELU_TANH -> 43;
            case HARD_SWISH -> 52;
        };
    }

    private static int number(PostOperation.Operator operator) {
        return switch (operator) {
            case ADD -> 131056;
            case MULTIPLY -> 131057;
        };
    }

    private long queried(long description, int what) {
        return OneDnn.pointer(api.queryDescriptor, description, what, 0);
    }

    private String implementation(long description, MemorySegment cell) {
        Status.check(OneDnn.invoke(api.query, description, QUERY_IMPLEMENTATION, 0, cell.address()), "name it");
        return MemorySegment.ofAddress(cell.get(ValueLayout.JAVA_LONG, 0))
                .reinterpret(LONGEST_NAME)
                .getString(0);
    }
}
