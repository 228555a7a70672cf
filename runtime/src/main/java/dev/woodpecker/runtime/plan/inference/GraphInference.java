package dev.woodpecker.runtime.plan.inference;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphScope;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Scope;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import dev.woodpecker.runtime.onnx.host.ViewOperators;
import dev.woodpecker.runtime.plan.binding.BindingResult;
import dev.woodpecker.runtime.plan.binding.BoundKernel;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.NodeExpansions;
import dev.woodpecker.runtime.plan.binding.NodeExpansions.Expanded;
import dev.woodpecker.runtime.plan.binding.SequenceFolding;
import dev.woodpecker.runtime.plan.binding.Values;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Walks a graph whose inputs have known types and finds out the type of every value. Elements that shapes and attributes
 * depend on are computed on the way, if constants decide them; operators that stand for several others are written out.
 *
 * <pre>
 * s = Shape(x)                       # x: f32[1, 64, 8, 8]        constant r = [1, 4096]
 * n = Gather(s, 0)                                          ->    y: f32[1, 4096] = Reshape(x, r)
 * r = Concat(n, -1); y = Reshape(x, r)
 * </pre>
 */
public final class GraphInference implements Values {
    private final String model;
    private final Graph graph;
    private final KernelBinder binder;
    private final Map<String, NdArray> constants;
    private final Map<String, TensorType> types;
    private final List<Node> done = new ArrayList<>();
    private final Map<String, Node> producers = new HashMap<>();
    /** Elements that were asked for, of values that kernels compute from constants alone. */
    private final Map<String, NdArray> computed = new HashMap<>();

    private final Set<String> notConstant = new HashSet<>();
    private final Map<Node, BoundKernel> kernels = new HashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    /** Values of nodes that could not be bound: those that read them are not to blame. */
    private final Set<String> unknown = new HashSet<>();

    private final SequenceFolding sequences = new SequenceFolding();

    private final Scope scope;
    /** Inputs whose elements decide shapes or attributes: what is found out holds for these elements alone. */
    private final Map<String, NdArray> pinned = new LinkedHashMap<>();

    private final Function<String, Optional<NdArray>> elements;

    private GraphInference(
            String model, Graph graph, KernelBinder binder, Function<String, Optional<NdArray>> elements) {
        this.elements = elements;
        this.model = model;
        this.graph = graph;
        this.binder = binder;
        this.constants = new LinkedHashMap<>(graph.constants());
        this.types = new LinkedHashMap<>();
        for (String input : graph.inputs()) {
            graph.type(input).ifPresent(type -> types.put(input, type));
        }
        this.scope = new GraphScope(graph, constants);
    }

    /**
     * @param model for messages
     * @param graph its inputs' extents are known
     * @param elements of inputs, asked for where a shape or an attribute depends on them; empty if not known yet
     * @throws UnsupportedModelException listing every node that no kernel can serve
     */
    public static InferredGraph infer(
            String model, Graph graph, KernelBinder binder, Function<String, Optional<NdArray>> elements) {
        return new GraphInference(model, graph, binder, elements).infer();
    }

    private InferredGraph infer() {
        Deque<Node> waiting = new ArrayDeque<>(graph.nodes());
        Optional<Node> stoppedAt = Optional.empty();
        boolean runsOnHost = false;
        while (!waiting.isEmpty() && stoppedAt.isEmpty()) {
            Node node = waiting.removeFirst();
            if (node.usedNames().stream().anyMatch(unknown::contains)) {
                unknown.addAll(node.definedNames());
                continue;
            }
            switch (step(node, waiting)) {
                case DONE -> {}
                case NEEDS_VALUE -> stoppedAt = Optional.of(node);
                case RUNS_ON_HOST -> {
                    stoppedAt = Optional.of(node);
                    runsOnHost = true;
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new UnsupportedModelException(model, problems);
        }
        if (stoppedAt.isEmpty()) {
            return new InferredGraph(graphOf(openInputs(), done, graph.outputs()), kernels, pinned, Optional.empty());
        }
        return split(stoppedAt.get(), runsOnHost, new ArrayList<>(waiting));
    }

    private List<String> openInputs() {
        return graph.inputs().stream()
                .filter(input -> !pinned.containsKey(input))
                .toList();
    }

    /** The graph up to a node that needs elements, or runs on the host, and the graph from there on. */
    private InferredGraph split(Node at, boolean runsOnHost, List<Node> waiting) {
        List<Node> later = new ArrayList<>(waiting);
        if (!runsOnHost) {
            later.addFirst(at);
        }
        later.addAll(0, sequences.remade(later, scope));
        Set<String> used = new LinkedHashSet<>();
        later.forEach(node -> used.addAll(node.usedNames()));
        used.addAll(graph.outputs());
        Set<String> live = new LinkedHashSet<>(used);
        if (runsOnHost) {
            live.addAll(at.usedNames());
        }
        live.removeIf(value -> constants.containsKey(value) || !types.containsKey(value));
        List<String> computed =
                live.stream().filter(value -> !graph.inputs().contains(value)).toList();
        Graph first = graphOf(openInputs(), done, computed);
        List<String> restInputs = new ArrayList<>(live);
        restInputs.removeIf(value -> !used.contains(value));
        if (runsOnHost) {
            at.definedNames().stream().filter(used::contains).forEach(restInputs::add);
        }
        Graph rest = graphOf(restInputs, later, graph.outputs());
        Optional<Node> hostNode = runsOnHost ? Optional.of(at) : Optional.empty();
        return new InferredGraph(
                first, kernels, pinned, Optional.of(new InferredGraph.Rest(hostNode, hostConstants(hostNode), rest)));
    }

    private Map<String, NdArray> hostConstants(Optional<Node> hostNode) {
        Map<String, NdArray> used = new LinkedHashMap<>();
        hostNode.ifPresent(node ->
                node.usedNames().forEach(value -> constant(value).ifPresent(array -> used.put(value, array))));
        return used;
    }

    /** A graph of these nodes with the constants that they, or its outputs, use. */
    private Graph graphOf(List<String> inputs, List<Node> nodes, List<String> outputs) {
        Set<String> used = new HashSet<>(outputs);
        nodes.forEach(node -> used.addAll(node.usedNames()));
        Map<String, NdArray> kept = new LinkedHashMap<>(constants);
        kept.keySet().retainAll(used);
        Set<String> defined = new HashSet<>(inputs);
        nodes.forEach(node -> defined.addAll(node.definedNames()));
        Map<String, TensorType> known = new LinkedHashMap<>(types);
        known.keySet().retainAll(defined);
        return new Graph(graph.name(), inputs, graph.captured(), kept, nodes, outputs, known);
    }

    @Override
    public Optional<TensorType> type(String value) {
        NdArray constant = constants.get(value);
        return constant != null ? Optional.of(TensorType.of(constant)) : Optional.ofNullable(types.get(value));
    }

    /** A constant, or the elements of a value that depends on constants alone: they are computed when asked for. */
    @Override
    public Optional<NdArray> constant(String value) {
        NdArray constant = constants.get(value);
        if (constant != null) {
            return Optional.of(constant);
        }
        Node producer = producers.get(value);
        if (producer == null || notConstant.contains(value)) {
            return Optional.empty();
        }
        if (!computed.containsKey(value)) {
            BoundKernel bound = kernels.get(producer);
            Optional<Map<String, NdArray>> results =
                    bound != null ? ConstantFolding.ofKernel(bound, this) : ConstantFolding.ofHost(producer, this);
            results.ifPresentOrElse(computed::putAll, () -> notConstant.add(value));
        }
        return Optional.ofNullable(computed.get(value));
    }

    private enum Step {
        DONE,
        NEEDS_VALUE,
        RUNS_ON_HOST
    }

    private Step step(Node node, Deque<Node> waiting) {
        Optional<NdArray> query =
                node.inputName(0).flatMap(this::type).flatMap(type -> HostOperators.fromShape(node, type));
        if (query.isPresent()) {
            constants.put(node.outputName(0).orElseThrow(), query.get());
            return Step.DONE;
        }
        Optional<Step> folded = written(node, sequences.fold(node, this, scope), waiting);
        if (folded.isPresent()) {
            return folded.get();
        }
        if (ViewOperators.isView(node.operator())) {
            return view(node, waiting);
        }
        Optional<Step> expanded = written(node, NodeExpansions.expand(node, this, scope), waiting);
        if (expanded.isPresent()) {
            return expanded.get();
        }
        if (!binder.knows(node)) {
            return host(node);
        }
        return switch (binder.bind(node, this)) {
            case BindingResult.Bound(BoundKernel bound) -> kernel(node, bound);
            case BindingResult.Needs needs -> failed(node, needs, waiting);
            case BindingResult.Unsupported unsupported ->
                HostOperators.find(node.operator()).isPresent() ? host(node) : failed(node, unsupported, waiting);
        };
    }

    /** Puts what a node stands for before what waits; empty if it stands for itself. */
    private Optional<Step> written(Node node, Expanded expanded, Deque<Node> waiting) {
        return switch (expanded) {
            case Expanded.Nodes(List<Node> nodes) -> {
                nodes.reversed().forEach(waiting::addFirst);
                yield Optional.of(Step.DONE);
            }
            case Expanded.Failed(BindingResult reason) -> Optional.of(failed(node, reason, waiting));
            case Expanded.None _ -> Optional.empty();
        };
    }

    private Step kernel(Node node, BoundKernel bound) {
        for (int i = 0; i < bound.outputs().size(); i++) {
            types.put(bound.outputs().get(i), bound.outputType(i));
        }
        kernels.put(node, bound);
        return done(node);
    }

    private Step done(Node node) {
        done.add(node);
        node.definedNames().forEach(value -> producers.put(value, node));
        return Step.DONE;
    }

    private Step view(Node node, Deque<Node> waiting) {
        if (node.usedNames().stream().allMatch(constants::containsKey)) {
            constants.putAll(ConstantFolding.ofHost(node, this).orElseThrow());
            return Step.DONE;
        }
        // What is behind input 0 says how to view it; but AlignAxis, an operator of graphs here, asks for a shape
        // alone.
        for (int i = 1; i < node.inputs().size() && node.operator().isOnnx(); i++) {
            Optional<String> name = node.inputName(i);
            if (name.isPresent() && constant(name.get()).isEmpty()) {
                return needed(name.get(), node, waiting);
            }
        }
        List<int[]> shapes = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            shapes.add(node.inputName(i)
                    .flatMap(this::type)
                    .map(type -> type.shape().extents())
                    .orElse(new int[0]));
        }
        int[] shape =
                ViewOperators.shape(node, shapes, input -> node.inputName(input).flatMap(this::constant));
        TensorType input = type(node.inputName(0).orElseThrow()).orElseThrow();
        var element = node.operator().isOnnx("BitCast")
                        && node.attribute("to").orElseThrow()
                                instanceof dev.woodpecker.runtime.graph.Attribute.ElementType(var type)
                ? type
                : input.element();
        types.put(node.outputName(0).orElseThrow(), TensorType.of(element, shape));
        return done(node);
    }

    private Step host(Node node) {
        if (HostOperators.find(node.operator()).isEmpty()) {
            problems.add(new Problem(
                    Subject.OPERATOR, node.operator().toString(), node.place(), "operator " + node.operator(), ""));
            unknown.addAll(node.definedNames());
            return Step.DONE;
        }
        Optional<Map<String, NdArray>> folded = ConstantFolding.ofHost(node, this);
        if (folded.isPresent()) {
            constants.putAll(folded.get());
            return Step.DONE;
        }
        return Step.RUNS_ON_HOST;
    }

    /** The elements of an input can be asked for now; those of other values only when the graph so far has run. */
    private Step needed(String value, Node node, Deque<Node> waiting) {
        Optional<NdArray> known = graph.inputs().contains(value) ? elements.apply(value) : Optional.empty();
        if (known.isEmpty()) {
            return Step.NEEDS_VALUE;
        }
        constants.put(value, known.get());
        pinned.put(value, known.get());
        waiting.addFirst(node);
        return Step.DONE;
    }

    private Step failed(Node node, BindingResult reason, Deque<Node> waiting) {
        return switch (reason) {
            case BindingResult.Needs(String value) -> needed(value, node, waiting);
            case BindingResult.Unsupported(Problem problem) -> {
                problems.add(problem);
                unknown.addAll(node.definedNames());
                yield Step.DONE;
            }
            case BindingResult.Bound _ -> throw new IllegalStateException(node + " is bound");
        };
    }
}
