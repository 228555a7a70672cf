package dev.woodpecker.runtime.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What makes a graph sound: names defined once, before they are used. */
public final class GraphCheck {

    private GraphCheck() {}

    /** Everything that is wrong with a graph of these parts; empty if it is sound. */
    public static List<String> problems(
            List<String> inputs,
            Collection<String> captured,
            Collection<String> constants,
            List<Node> nodes,
            List<String> outputs) {
        List<String> problems = new ArrayList<>();
        Map<String, String> definitions = new HashMap<>();
        define(inputs, "an input", definitions, problems);
        define(captured, "a value of the graph around", definitions, problems);
        define(constants, "a constant", definitions, problems);
        Set<String> nodeNames = new HashSet<>();
        for (Node node : nodes) {
            if (!nodeNames.add(node.name())) {
                problems.add("two nodes are called '" + node.name() + "'");
            }
            for (String value : node.usedNames()) {
                if (!definitions.containsKey(value)) {
                    problems.add(node.place() + " reads '" + value + "', which nothing before it defines");
                }
            }
            define(node.definedNames(), "an output of " + node.place(), definitions, problems);
        }
        for (String output : outputs) {
            if (!definitions.containsKey(output)) {
                problems.add("the output '" + output + "' is not defined");
            }
        }
        return problems;
    }

    private static void define(
            Collection<String> values, String as, Map<String, String> definitions, List<String> problems) {
        for (String value : values) {
            String earlier = definitions.putIfAbsent(value, as);
            if (earlier != null) {
                problems.add("'" + value + "' is defined twice: as " + earlier + " and as " + as);
            }
        }
    }
}
