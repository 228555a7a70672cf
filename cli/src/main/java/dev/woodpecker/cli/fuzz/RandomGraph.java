package dev.woodpecker.cli.fuzz;

import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.cli.compare.OnnxRuntimePeer.PeerException;
import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A random graph that ONNX Runtime can run, with what it computes for every value. The same seed gives the same graph: it
 * grows by a node at a time, and nodes that ONNX Runtime refuses are left out.
 */
final class RandomGraph {
    private static final int OPSET = 20;
    private static final int MOST_NODES = 9;
    private static final int PROPOSALS = 24;

    /** Larger values take time and find nothing that smaller ones do not. */
    private static final long MOST_ELEMENTS = 40_000;

    /** What is larger hides differences of what is added to it. */
    private static final double LARGEST = 1e4;

    private final List<FuzzNode> nodes;
    private final Map<String, NdArray> values;

    private RandomGraph(List<FuzzNode> nodes, Map<String, NdArray> values) {
        this.nodes = nodes;
        this.values = values;
    }

    static RandomGraph of(long seed, Path scratch) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, NdArray> values = new LinkedHashMap<>();
        RandomArrays arrays = new RandomArrays(random.nextLong());
        int rank = random.nextInt(6) == 0 ? 1 + random.nextInt(5) : 4;
        int[] shape = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            shape[axis] = axis == 0 && rank == 4 ? 1 + random.nextInt(2) : extent(random);
        }
        values.put("x", arrays.next(DType.F32, shape));
        if (random.nextBoolean()) {
            values.put("z", arrays.next(DType.F32, shape));
        }
        List<FuzzNode> nodes = new ArrayList<>();
        int wanted = 1 + random.nextInt(MOST_NODES);
        for (int i = 0; i < PROPOSALS && nodes.size() < wanted; i++) {
            FuzzNode node = new NodeProposals(random, "v" + i).next(values);
            computed(node, values, scratch).ifPresent(outputs -> {
                values.putAll(outputs);
                nodes.add(node);
            });
        }
        return new RandomGraph(nodes, values);
    }

    /** Ragged, and often 1; rarely nothing at all. */
    private static int extent(SplittableRandom random) {
        int kind = random.nextInt(40);
        return kind == 0 ? 0 : kind < 8 ? 1 : 2 + random.nextInt(18);
    }

    /** What ONNX Runtime computes for a node; empty if it refuses, or if nothing could be compared afterwards. */
    private static Optional<Map<String, NdArray>> computed(FuzzNode node, Map<String, NdArray> values, Path scratch) {
        RandomGraph alone = new RandomGraph(List.of(node), values);
        alone.write(scratch);
        Map<String, NdArray> outputs;
        try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(scratch, 1)) {
            outputs = peer.run(peer.prepare(alone.inputs()));
        } catch (PeerException | IllegalArgumentException refused) {
            return Optional.empty();
        }
        return outputs.values().stream().allMatch(RandomGraph::isComparable) ? Optional.of(outputs) : Optional.empty();
    }

    private static boolean isComparable(NdArray array) {
        if (array.type() != DType.F32 || array.elements() > MOST_ELEMENTS || array.shape().length > 6) {
            return false;
        }
        for (long i = 0; i < array.elements(); i++) {
            if (!(Math.abs(array.getDouble(i)) < LARGEST)) {
                return false;
            }
        }
        return true;
    }

    int size() {
        return nodes.size();
    }

    /** Some of its nodes; what they read of others becomes inputs. */
    RandomGraph part(int start, int count) {
        return new RandomGraph(nodes.subList(start, start + count), values);
    }

    private Set<String> produced() {
        Set<String> produced = new HashSet<>();
        nodes.forEach(node -> produced.addAll(node.outputs()));
        return produced;
    }

    /** What it reads and does not compute. */
    Map<String, NdArray> inputs() {
        Set<String> produced = produced();
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        for (FuzzNode node : nodes) {
            for (String name : node.inputs()) {
                Optional.ofNullable(values.get(name))
                        .filter(_ -> !produced.contains(name))
                        .ifPresent(array -> inputs.put(name, array));
            }
        }
        return inputs;
    }

    /** Writes it as a model whose outputs are the values that no node reads. */
    void write(Path file) {
        OnnxModelBuilder model = new OnnxModelBuilder("fuzz", OPSET);
        inputs().forEach((name, array) -> model.input(name, TensorType.of(array)));
        Set<String> read = new HashSet<>();
        nodes.forEach(node -> read.addAll(node.inputs()));
        for (FuzzNode node : nodes) {
            node.constants().forEach(model::initializer);
            model.node(node.node());
            node.outputs().stream().filter(name -> !read.contains(name)).forEach(model::output);
        }
        model.write(file);
    }

    @Override
    public String toString() {
        return nodes.stream().map(FuzzNode::operator).toList() + " of "
                + inputs().values().stream()
                        .map(array -> NdArray.describe(array.type(), array.shape()))
                        .toList();
    }
}
