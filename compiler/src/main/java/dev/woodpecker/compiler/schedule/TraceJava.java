package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.LayoutMap;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A trace as Java that makes an equal one: to be pasted into a program that wants this very schedule.
 *
 * <pre>
 * new Trace(
 *         "default",
 *         List.of(
 *                 new Split("k", Factor.of(16), Tail.PEEL),
 *                 new Vectorize("k.i")),
 *         Map.of())
 * </pre>
 *
 * @param imports fully qualified names of the classes that the expression uses
 * @param expression of type {@link Trace}
 */
public record TraceJava(SortedSet<String> imports, String expression) {
    private static final String STEP_INDENT = " ".repeat(16);
    private static final String INDENT = " ".repeat(8);

    public static TraceJava of(Trace trace) {
        Printer printer = new Printer();
        return new TraceJava(printer.imports, printer.trace(trace));
    }

    private static final class Printer {
        private final SortedSet<String> imports = new TreeSet<>();

        String trace(Trace trace) {
            String steps = trace.steps().stream()
                    .map(step -> "\n" + STEP_INDENT + step(step))
                    .collect(Collectors.joining(","));
            String decisions = trace.decisions().entrySet().stream()
                    .map(decision -> "\n" + STEP_INDENT + decision(decision))
                    .collect(Collectors.joining(","));
            String map = name(Map.class) + (decisions.isEmpty() ? ".of()" : ".ofEntries(" + decisions + ")");
            return "new " + name(Trace.class) + "(\n" + INDENT + literal(trace.sketch()) + ",\n" + INDENT
                    + name(List.class) + ".of(" + steps + "),\n" + INDENT + map + ")";
        }

        private String decision(Map.Entry<String, Long> decision) {
            return name(Map.class) + ".entry(" + literal(decision.getKey()) + ", " + decision.getValue() + "L)";
        }

        private String step(Step step) {
            StringBuilder arguments = new StringBuilder();
            for (RecordComponent component : step.getClass().getRecordComponents()) {
                try {
                    arguments
                            .append(arguments.isEmpty() ? "" : ", ")
                            .append(value(component.getAccessor().invoke(step)));
                } catch (IllegalAccessException | InvocationTargetException e) {
                    throw new IllegalStateException("step " + step, e);
                }
            }
            return "new " + name(step.getClass()) + "(" + arguments + ")";
        }

        private String value(Object value) {
            return switch (value) {
                case String text -> literal(text);
                case Long number -> number + "L";
                case Integer number -> number.toString();
                case Boolean flag -> flag.toString();
                case Enum<?> constant -> name(constant.getDeclaringClass()) + "." + constant.name();
                case Factor.Fixed(long number) -> name(Factor.class) + ".of(" + number + ")";
                case Factor.Choice(String choice, List<Long> domain) ->
                    "new " + name(Factor.Choice.class) + "(" + literal(choice) + ", " + value(domain) + ")";
                case LayoutMap layout ->
                    name(LayoutMap.class) + ".parse(" + layout.rank() + ", " + literal(layout.text()) + ")";
                case Optional<?> optional ->
                    name(Optional.class)
                            + optional.map(present -> ".of(" + value(present) + ")")
                                    .orElse(".empty()");
                case List<?> list ->
                    name(List.class) + list.stream().map(this::value).collect(Collectors.joining(", ", ".of(", ")"));
                default -> throw new IllegalStateException("no Java form for " + value.getClass());
            };
        }

        /** {@code Loop.Binding} for a class inside another; the outermost is imported. */
        private String name(Class<?> type) {
            Class<?> outermost = type;
            while (outermost.getEnclosingClass() != null) {
                outermost = outermost.getEnclosingClass();
            }
            imports.add(outermost.getName());
            return type.getName()
                    .substring(outermost.getPackageName().length() + 1)
                    .replace('$', '.');
        }

        private static String literal(String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
        }
    }
}
