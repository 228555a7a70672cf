package dev.woodpecker.runtime.plan.inference;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.host.HostCall;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import dev.woodpecker.runtime.plan.binding.BoundKernel;
import dev.woodpecker.runtime.plan.binding.Values;
import dev.woodpecker.runtime.plan.program.Cost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes elements that a shape or an attribute depends on, while the graph is still without native code: by host
 * operators, and by small kernels in the interpreter. What else depends on constants alone is run natively, once, when the
 * plan is made.
 */
final class ConstantFolding {
    /** Operations and elements that the interpreter is asked for at most: some 100 ms. */
    private static final long MOST_WORK = 5_000_000;

    private ConstantFolding() {}

    /** The results of a host operator by the name of the value; empty if an input is not constant. */
    static Optional<Map<String, NdArray>> ofHost(Node node, Values values) {
        if (HostOperators.find(node.operator()).isEmpty()) {
            return Optional.empty();
        }
        List<Optional<NdArray>> inputs = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Optional<String> name = node.inputName(i);
            Optional<NdArray> value = name.flatMap(values::constant);
            if (name.isPresent() && value.isEmpty()) {
                return Optional.empty();
            }
            inputs.add(value);
        }
        List<NdArray> results =
                HostOperators.find(node.operator()).orElseThrow().run(new HostCall(node, inputs));
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        for (int i = 0; i < node.outputs().size(); i++) {
            int index = i;
            node.outputName(i).ifPresent(name -> outputs.put(name, results.get(index)));
        }
        return Optional.of(outputs);
    }

    /** The results of a kernel by the name of the value; empty if an input is not constant or there is too much to do. */
    static Optional<Map<String, NdArray>> ofKernel(BoundKernel bound, Values values) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        List<NdArray> arrays = new ArrayList<>();
        for (String input : bound.inputs()) {
            Optional<NdArray> value = values.constant(input);
            if (value.isEmpty()) {
                return Optional.empty();
            }
            arrays.add(value.get());
        }
        TensorProgram program = bound.program();
        Cost cost = Cost.of(program);
        if (cost.flops() + cost.bytes() > MOST_WORK) {
            return Optional.empty();
        }
        for (int i = 0; i < arrays.size(); i++) {
            inputs.put(program.inputs().get(i).name(), HostTensors.of(arrays.get(i)));
        }
        Map<String, HostTensor> results = Interpreter.run(program, inputs);
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        for (int i = 0; i < bound.outputs().size(); i++) {
            HostTensor result = results.get(program.outputs().get(i));
            if (result == null) {
                throw new IllegalStateException("no output " + program.outputs().get(i) + " of " + program.name());
            }
            outputs.put(bound.outputs().get(i), HostTensors.toArray(result));
        }
        return Optional.of(outputs);
    }
}
