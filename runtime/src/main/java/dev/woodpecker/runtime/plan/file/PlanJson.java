package dev.woodpecker.runtime.plan.file;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * The entry {@code plan.json}, without times: {@code {"model":"resnet50.onnx","numerics":"fp32","inputs":[..],"outputs":[..],
 * "targets":[{"name":"cpu:x86-64-v3","processor":["avx2",..],"calls":"0c77..","plans":[{"inputs":[..],..,"kernels":[{"library":"5b1f..",
 * "phases":[["conv_3f..",64,0]],..}],"constants":["0+9408",..],"invocations":[{..,"buffers":["input 0","constant 0",
 * "arena 0+3211264"]}]}]}]}}. A phase of a GPU has its grid too: {@code ["conv_3f..",64,0,[2,2,1],[32,4,1],0]}. {@link
 * PlanJsonReader} reads it.
 *
 * @param constants where a constant lies in the weights, as {@code 0+9408}: its first byte and how many there are
 * @param libraries the SHA-256 of a library
 */
record PlanJson(Function<MemorySegment, String> constants, Function<Path, String> libraries) {
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

    String print(PlanContent content) {
        JsonObject plan = new JsonObject();
        plan.addProperty("model", content.model());
        plan.addProperty("numerics", content.numerics().text());
        JsonArray inputs = new JsonArray();
        content.inputs().forEach((name, type) -> inputs.add(value(name, type)));
        plan.add("inputs", inputs);
        plan.add("outputs", GSON.toJsonTree(content.outputs()));
        plan.add("targets", array(content.targets(), this::target));
        return GSON.toJson(plan) + "\n";
    }

    private JsonObject target(PlanContent.ForTarget target) {
        JsonObject object = new JsonObject();
        object.addProperty("name", target.name());
        object.add("processor", GSON.toJsonTree(target.processorFlags()));
        target.calls().ifPresent(library -> object.addProperty("calls", libraries.apply(library)));
        object.add("plans", array(target.plans(), this::plan));
        return object;
    }

    private JsonObject plan(CompiledPlan plan) {
        JsonObject object = new JsonObject();
        object.add("inputs", array(plan.inputs(), value -> value(value.name(), value.type())));
        object.add("outputs", array(plan.outputs(), value -> value(value.name(), value.type())));
        object.addProperty("arenaBytes", plan.arenaBytes());
        object.addProperty("constantKernels", plan.constantKernels());
        object.add("constants", texts(plan.constants().stream().map(constants).toList()));
        object.add("kernels", array(plan.kernels(), this::kernel));
        object.add("invocations", array(plan.invocations(), PlanJson::invocation));
        object.add("copies", array(plan.copies(), PlanJson::copy));
        return object;
    }

    private JsonObject kernel(CompiledKernel kernel) {
        JsonObject object = new JsonObject();
        object.addProperty("library", libraries.apply(kernel.library()));
        object.add("phases", array(kernel.phases(), phase -> {
            JsonArray parts = new JsonArray();
            parts.add(phase.symbol());
            parts.add(phase.extent());
            parts.add(phase.scratchBytes());
            if (!phase.grid().equals(CompiledKernel.Grid.NONE)) {
                parts.add(GSON.toJsonTree(phase.grid().blocks()));
                parts.add(GSON.toJsonTree(phase.grid().threads()));
                parts.add(phase.grid().dynamicSharedBytes());
                if (!phase.grid().maps().isEmpty()) {
                    parts.add(texts(phase.grid().maps().stream()
                            .map(MappedArgument::text)
                            .toList()));
                }
            }
            return parts;
        }));
        object.add("workspaces", GSON.toJsonTree(kernel.workspaceBytes()));
        object.add("checks", texts(kernel.checks()));
        return object;
    }

    private static JsonObject invocation(Invocation invocation) {
        JsonObject object = new JsonObject();
        object.addProperty("name", invocation.name());
        object.addProperty("operator", invocation.operator());
        object.addProperty("kernel", invocation.kernel());
        object.add(
                "buffers",
                texts(invocation.buffers().stream().map(PlanJson::text).toList()));
        JsonArray cost = new JsonArray();
        cost.add(invocation.cost().flops());
        cost.add(invocation.cost().multiplyAdds());
        cost.add(invocation.cost().bytes());
        object.add("cost", cost);
        object.addProperty("shapes", invocation.shapes());
        object.addProperty("implementation", invocation.implementation());
        invocation.comparison().ifPresent(comparison -> object.addProperty("runnerUp", comparison.other()));
        invocation.vendor().ifPresent(call -> {
            JsonObject vendor = VendorJson.print(call.kernel());
            vendor.add(
                    "buffers", texts(call.buffers().stream().map(PlanJson::text).toList()));
            if (call.element() != DType.F32) {
                vendor.addProperty("element", call.element().text());
            }
            object.add("vendor", vendor);
        });
        return object;
    }

    private static JsonArray copy(ExecutablePlan.Copy copy) {
        JsonArray parts = new JsonArray();
        parts.add(text(copy.from()));
        parts.add(copy.output());
        return parts;
    }

    private static String text(BufferSource source) {
        return switch (source) {
            case BufferSource.Input(int position) -> "input " + position;
            case BufferSource.Output(int position) -> "output " + position;
            case BufferSource.Constant(int position) -> "constant " + position;
            case BufferSource.Arena(long offset, long bytes) -> "arena " + offset + "+" + bytes;
        };
    }

    /** Known extents are numbers, open ones names. */
    private static JsonObject value(String name, TensorType type) {
        JsonObject object = new JsonObject();
        object.addProperty("name", name);
        object.addProperty("element", type.element().text());
        JsonArray shape = new JsonArray();
        for (Dimension dimension : type.shape().dimensions()) {
            switch (dimension) {
                case Dimension.Known(int extent) -> shape.add(extent);
                case Dimension.Symbolic(String symbol) -> shape.add(symbol);
            }
        }
        object.add("shape", shape);
        return object;
    }

    private static JsonArray texts(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    private static <T> JsonArray array(List<T> items, Function<T, ? extends JsonElement> print) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(print.apply(item)));
        return array;
    }
}
