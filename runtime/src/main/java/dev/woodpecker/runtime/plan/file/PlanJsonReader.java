package dev.woodpecker.runtime.plan.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.VendorCall;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads what {@link PlanJson} prints, and refuses what could not be run: positions beyond the ends of lists, and parts of
 * memory beyond its end.
 *
 * <p>In plain loops: this is run at every start, and Java makes the code of a lambda expression at run time, which takes
 * longer than to read a plan.
 *
 * @param weights the entry that constants are parts of
 * @param libraries the file of a library, by its SHA-256
 */
record PlanJsonReader(MemorySegment weights, Function<String, Path> libraries) {
    private static final long ALIGNMENT = StoredZip.ALIGNMENT;

    /**
     * A plan file's content for one target.
     *
     * @param choice of a target, among those that there are; these have no plans yet
     * @throws IllegalArgumentException saying what is wrong with the text
     */
    static PlanContent read(
            String text,
            Function<List<PlanContent.ForTarget>, PlanContent.ForTarget> choice,
            PlanJsonReader readerOfPlans) {
        try {
            JsonObject plan = JsonTree.parse(text).getAsJsonObject();
            Map<String, TensorType> inputs = new LinkedHashMap<>();
            for (ExecutablePlan.Value value : values(plan, "inputs")) {
                inputs.put(value.name(), value.type());
            }
            List<JsonObject> objects = objects(plan, "targets");
            List<PlanContent.ForTarget> targets = new ArrayList<>();
            for (JsonObject object : objects) {
                targets.add(withoutPlans(object));
            }
            PlanContent.ForTarget chosen = choice.apply(targets);
            JsonObject plans = objects.get(targets.indexOf(chosen));
            PlanContent.ForTarget target = readerOfPlans.target(chosen, plans);
            return new PlanContent(
                    text(plan, "model"),
                    numerics(text(plan, "numerics")),
                    inputs,
                    texts(plan, "outputs"),
                    List.of(target));
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | UnsupportedOperationException
                | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
        }
    }

    private static PlanContent.ForTarget withoutPlans(JsonObject object) {
        return new PlanContent.ForTarget(
                text(object, "name"), new TreeSet<>(texts(object, "processor")), Optional.empty(), List.of());
    }

    private PlanContent.ForTarget target(PlanContent.ForTarget chosen, JsonObject object) {
        Optional<Path> calls =
                object.has("calls") ? Optional.of(libraries.apply(text(object, "calls"))) : Optional.empty();
        List<CompiledPlan> plans = new ArrayList<>();
        for (JsonObject plan : objects(object, "plans")) {
            plans.add(plan(plan));
        }
        return new PlanContent.ForTarget(chosen.name(), chosen.processorFlags(), calls, plans);
    }

    private CompiledPlan plan(JsonObject object) {
        List<ExecutablePlan.Value> inputs = values(object, "inputs");
        List<ExecutablePlan.Value> outputs = values(object, "outputs");
        long arenaBytes = number(object, "arenaBytes");
        List<MemorySegment> constants = new ArrayList<>();
        for (String constant : texts(object, "constants")) {
            constants.add(constant(constant));
        }
        List<CompiledKernel> kernels = new ArrayList<>();
        for (JsonObject kernel : objects(object, "kernels")) {
            kernels.add(kernel(kernel));
        }
        Limits limits = new Limits(inputs, outputs, constants, kernels.size(), arenaBytes);
        List<Invocation> invocations = new ArrayList<>();
        for (JsonObject invocation : objects(object, "invocations")) {
            invocations.add(limits.invocation(invocation));
        }
        List<ExecutablePlan.Copy> copies = new ArrayList<>();
        for (JsonElement copy : array(object, "copies")) {
            copies.add(limits.copy(copy.getAsJsonArray()));
        }
        return new CompiledPlan(
                inputs,
                outputs,
                kernels,
                constants,
                invocations,
                copies,
                Math.toIntExact(number(object, "constantKernels")),
                arenaBytes);
    }

    private MemorySegment constant(String text) {
        Part part = Part.parse(text);
        part.check(weights.byteSize(), "weights.bin");
        return weights.asSlice(part.offset(), part.bytes());
    }

    private CompiledKernel kernel(JsonObject object) {
        List<CompiledKernel.Phase> phases = new ArrayList<>();
        for (JsonElement phase : array(object, "phases")) {
            JsonArray parts = phase.getAsJsonArray();
            phases.add(new CompiledKernel.Phase(
                    parts.get(0).getAsString(),
                    parts.get(1).getAsLong(),
                    parts.get(2).getAsLong(),
                    parts.size() > 3 ? grid(parts) : CompiledKernel.Grid.NONE));
        }
        List<Long> workspaces = new ArrayList<>();
        for (JsonElement bytes : array(object, "workspaces")) {
            workspaces.add(bytes.getAsLong());
        }
        return new CompiledKernel(
                "", libraries.apply(text(object, "library")), phases, workspaces, texts(object, "checks"), false);
    }

    private static CompiledKernel.Grid grid(JsonArray parts) {
        List<Long> blocks = new ArrayList<>();
        for (JsonElement count : parts.get(3).getAsJsonArray()) {
            blocks.add(count.getAsLong());
        }
        List<Integer> threads = new ArrayList<>();
        for (JsonElement count : parts.get(4).getAsJsonArray()) {
            threads.add(count.getAsInt());
        }
        List<MappedArgument> maps = new ArrayList<>();
        if (parts.size() > 6) {
            parts.get(6).getAsJsonArray().forEach(map -> maps.add(MappedArgument.parse(map.getAsString())));
        }
        return new CompiledKernel.Grid(blocks, threads, parts.get(5).getAsLong(), maps);
    }

    /** A part of memory, as {@code 64+1024}. */
    private record Part(long offset, long bytes) {
        static Part parse(String text) {
            int plus = text.indexOf('+');
            if (plus < 0) {
                throw new IllegalArgumentException("'" + text + "' is no part of memory");
            }
            return new Part(Long.parseLong(text.substring(0, plus)), Long.parseLong(text.substring(plus + 1)));
        }

        void check(long size, String what) {
            if (offset < 0 || bytes < 0 || offset % ALIGNMENT != 0 || offset > size - bytes) {
                throw new IllegalArgumentException(
                        bytes + " bytes at " + offset + " are no part of the " + size + " bytes of " + what);
            }
        }
    }

    /** How many there are of what a plan's invocations name by position. */
    private record Limits(
            List<ExecutablePlan.Value> inputs,
            List<ExecutablePlan.Value> outputs,
            List<MemorySegment> constants,
            int kernels,
            long arenaBytes) {
        Invocation invocation(JsonObject object) {
            JsonArray cost = array(object, "cost");
            Invocation made = new Invocation(
                    text(object, "name"),
                    text(object, "operator"),
                    below(kernels, Math.toIntExact(number(object, "kernel")), "kernel"),
                    sources(object),
                    new Cost(
                            cost.get(0).getAsLong(),
                            cost.get(1).getAsLong(),
                            cost.get(2).getAsLong()),
                    text(object, "shapes"),
                    text(object, "implementation"));
            if (object.has("runnerUp")) {
                made = made.ratherThan(text(object, "runnerUp"));
            }
            return object.has("vendor") ? made.orBy(vendor(object.getAsJsonObject("vendor"))) : made;
        }

        private VendorCall vendor(JsonObject object) {
            VendorKernel kernel = VendorJson.read(object);
            List<BufferSource> buffers = sources(object);
            DType element = object.has("element") ? DType.parse(text(object, "element")) : DType.F32;
            List<VendorTensor> tensors = new ArrayList<>(kernel.sources());
            tensors.addAll(kernel.others());
            tensors.add(kernel.result());
            if (tensors.size() != buffers.size()) {
                throw new IllegalArgumentException(
                        "a kernel of a library has " + buffers.size() + " buffers instead of " + tensors.size());
            }
            for (int i = 0; i < buffers.size(); i++) {
                long bytes = bytes(buffers.get(i));
                // Descriptions are of single precision, whatever the elements are.
                if (tensors.get(i).bytes() / Float.BYTES * element.bytes() > bytes) {
                    throw new IllegalArgumentException("a kernel of a library has " + bytes + " bytes for a tensor of "
                            + tensors.get(i).extents());
                }
            }
            return new VendorCall(kernel, buffers, element);
        }

        private long bytes(BufferSource source) {
            return switch (source) {
                case BufferSource.Constant(int position) ->
                    constants.get(position).byteSize();
                case BufferSource.Arena(long _, long bytes) -> bytes;
                case BufferSource.Input(int position) -> bytes(inputs.get(position));
                case BufferSource.Output(int position) -> bytes(outputs.get(position));
            };
        }

        private static long bytes(ExecutablePlan.Value value) {
            long bytes = value.type().element().bytes();
            for (int extent : value.type().shape().extents()) {
                bytes = Math.multiplyExact(bytes, extent);
            }
            return bytes;
        }

        ExecutablePlan.Copy copy(JsonArray parts) {
            return new ExecutablePlan.Copy(
                    source(parts.get(0).getAsString()),
                    below(outputs.size(), parts.get(1).getAsInt(), "output"));
        }

        private List<BufferSource> sources(JsonObject object) {
            List<BufferSource> sources = new ArrayList<>();
            for (String text : texts(object, "buffers")) {
                sources.add(source(text));
            }
            return sources;
        }

        private BufferSource source(String text) {
            int space = text.indexOf(' ');
            String kind = text.substring(0, Math.max(0, space));
            String where = text.substring(space + 1);
            return switch (kind) {
                case "input" -> new BufferSource.Input(below(inputs.size(), Integer.parseInt(where), kind));
                case "output" -> new BufferSource.Output(below(outputs.size(), Integer.parseInt(where), kind));
                case "constant" -> new BufferSource.Constant(below(constants.size(), Integer.parseInt(where), kind));
                case "arena" -> {
                    Part part = Part.parse(where);
                    part.check(arenaBytes, "the arena");
                    yield new BufferSource.Arena(part.offset(), part.bytes());
                }
                default -> throw new IllegalArgumentException("'" + text + "' is no buffer");
            };
        }

        private static int below(int count, int position, String what) {
            if (position < 0 || position >= count) {
                throw new IllegalArgumentException("there is no " + what + " " + position + ", only " + count);
            }
            return position;
        }
    }

    private static List<ExecutablePlan.Value> values(JsonObject object, String name) {
        List<ExecutablePlan.Value> values = new ArrayList<>();
        for (JsonObject value : objects(object, name)) {
            TensorType type = new TensorType(DType.parse(text(value, "element")), shape(value));
            values.add(new ExecutablePlan.Value(text(value, "name"), type));
        }
        return values;
    }

    private static Shape shape(JsonObject value) {
        List<Dimension> dimensions = new ArrayList<>();
        for (JsonElement extent : array(value, "shape")) {
            dimensions.add(
                    extent.getAsJsonPrimitive().isNumber()
                            ? new Dimension.Known(extent.getAsInt())
                            : new Dimension.Symbolic(extent.getAsString()));
        }
        return new Shape(dimensions);
    }

    private static Numerics numerics(String text) {
        for (Numerics numerics : Numerics.values()) {
            if (numerics.text().equals(text)) {
                return numerics;
            }
        }
        throw new IllegalArgumentException("numerics '" + text + "' are not known");
    }

    private static List<JsonObject> objects(JsonObject object, String name) {
        List<JsonObject> objects = new ArrayList<>();
        for (JsonElement element : array(object, name)) {
            objects.add(element.getAsJsonObject());
        }
        return objects;
    }

    private static List<String> texts(JsonObject object, String name) {
        List<String> texts = new ArrayList<>();
        for (JsonElement element : array(object, name)) {
            texts.add(element.getAsString());
        }
        return texts;
    }

    private static String text(JsonObject object, String name) {
        return member(object, name).getAsString();
    }

    private static long number(JsonObject object, String name) {
        return member(object, name).getAsLong();
    }

    private static JsonArray array(JsonObject object, String name) {
        return member(object, name).getAsJsonArray();
    }

    private static JsonElement member(JsonObject object, String name) {
        JsonElement element = object.get(name);
        if (element == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return element;
    }
}
