package dev.woodpecker.runtime.plan.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
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
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads what {@link PlanJson} prints, and refuses what could not be run: positions beyond the ends of lists, and parts of
 * memory beyond its end.
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
            JsonObject plan = JsonParser.parseString(text).getAsJsonObject();
            Map<String, TensorType> inputs = new LinkedHashMap<>();
            values(plan, "inputs").forEach(value -> inputs.put(value.name(), value.type()));
            List<JsonObject> objects = objects(plan, "targets");
            List<PlanContent.ForTarget> targets =
                    objects.stream().map(PlanJsonReader::withoutPlans).toList();
            PlanContent.ForTarget chosen = choice.apply(targets);
            JsonObject plans = objects.get(targets.indexOf(chosen));
            PlanContent.ForTarget target = new PlanContent.ForTarget(
                    chosen.name(),
                    chosen.processorFlags(),
                    objects(plans, "plans").stream().map(readerOfPlans::plan).toList());
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
        return new PlanContent.ForTarget(text(object, "name"), new TreeSet<>(texts(object, "processor")), List.of());
    }

    private CompiledPlan plan(JsonObject object) {
        List<ExecutablePlan.Value> inputs = values(object, "inputs");
        List<ExecutablePlan.Value> outputs = values(object, "outputs");
        long arenaBytes = number(object, "arenaBytes");
        List<MemorySegment> constants =
                texts(object, "constants").stream().map(this::constant).toList();
        List<CompiledKernel> kernels =
                objects(object, "kernels").stream().map(this::kernel).toList();
        Limits limits = new Limits(inputs, outputs, constants, kernels.size(), arenaBytes);
        return new CompiledPlan(
                inputs,
                outputs,
                kernels,
                constants,
                objects(object, "invocations").stream().map(limits::invocation).toList(),
                array(object, "copies").asList().stream()
                        .map(JsonElement::getAsJsonArray)
                        .map(limits::copy)
                        .toList(),
                Math.toIntExact(number(object, "constantKernels")),
                arenaBytes);
    }

    private MemorySegment constant(String text) {
        Part part = Part.parse(text);
        part.check(weights.byteSize(), "weights.bin");
        return weights.asSlice(part.offset(), part.bytes());
    }

    private CompiledKernel kernel(JsonObject object) {
        List<CompiledKernel.Phase> phases = array(object, "phases").asList().stream()
                .map(JsonElement::getAsJsonArray)
                .map(parts -> new CompiledKernel.Phase(
                        parts.get(0).getAsString(),
                        parts.get(1).getAsLong(),
                        parts.get(2).getAsLong()))
                .toList();
        List<Long> workspaces = array(object, "workspaces").asList().stream()
                .map(JsonElement::getAsLong)
                .toList();
        return new CompiledKernel(
                "", libraries.apply(text(object, "library")), phases, workspaces, texts(object, "checks"));
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
                    texts(object, "buffers").stream().map(this::source).toList(),
                    new Cost(
                            cost.get(0).getAsLong(),
                            cost.get(1).getAsLong(),
                            cost.get(2).getAsLong()),
                    text(object, "shapes"),
                    text(object, "implementation"));
            if (object.has("runnerUp")) {
                made = made.ratherThan(text(object, "runnerUp"));
            }
            return object.has("oneDNN") ? made.orBy(vendor(object.getAsJsonObject("oneDNN"))) : made;
        }

        private VendorCall vendor(JsonObject object) {
            VendorKernel kernel = VendorJson.read(object);
            List<BufferSource> buffers =
                    texts(object, "buffers").stream().map(this::source).toList();
            List<VendorTensor> tensors = new ArrayList<>(kernel.sources());
            tensors.addAll(kernel.others());
            tensors.add(kernel.result());
            if (tensors.size() != buffers.size()) {
                throw new IllegalArgumentException(
                        "a kernel of oneDNN has " + buffers.size() + " buffers instead of " + tensors.size());
            }
            for (int i = 0; i < buffers.size(); i++) {
                long bytes = bytes(buffers.get(i));
                if (tensors.get(i).bytes() > bytes) {
                    throw new IllegalArgumentException("a kernel of oneDNN has " + bytes + " bytes for a tensor of "
                            + tensors.get(i).extents());
                }
            }
            return new VendorCall(kernel, buffers);
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
        return objects(object, name).stream()
                .map(value -> new ExecutablePlan.Value(
                        text(value, "name"), new TensorType(DType.parse(text(value, "element")), shape(value))))
                .toList();
    }

    private static Shape shape(JsonObject value) {
        return new Shape(array(value, "shape").asList().stream()
                .map(extent -> extent.getAsJsonPrimitive().isNumber()
                        ? new Dimension.Known(extent.getAsInt())
                        : (Dimension) new Dimension.Symbolic(extent.getAsString()))
                .toList());
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
        return array(object, name).asList().stream()
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    private static List<String> texts(JsonObject object, String name) {
        return array(object, name).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
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
