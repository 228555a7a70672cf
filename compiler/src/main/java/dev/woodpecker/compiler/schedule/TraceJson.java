package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.LayoutMap;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Traces as one line of JSON and back: {@code {"v":1,"sketch":"...","steps":[{"step":"Split","loop":"k","factor":16,
 * "tail":"GUARD"}],"decisions":{"tile.k":16}}}. A step is the record of that name, its members are the components; a factor
 * is a number or {@code {"choice":"tile.k","domain":[8,16]}}; a layout is its rank and text, {@code "4:0,1/16,2,3,1%16"}.
 */
public final class TraceJson {
    private static final long VERSION = 1;

    private static final Map<String, Class<?>> STEPS = new TreeMap<>();

    static {
        Arrays.stream(Step.class.getPermittedSubclasses()).forEach(c -> STEPS.put(c.getSimpleName(), c));
    }

    private TraceJson() {}

    public static String print(Trace trace) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("v", new Json.Number(VERSION));
        members.put("sketch", new Json.Text(trace.sketch()));
        members.put(
                "steps",
                new Json.Array(trace.steps().stream().map(TraceJson::encodeStep).toList()));
        Map<String, Json> decisions = new LinkedHashMap<>();
        trace.decisions().forEach((name, value) -> decisions.put(name, new Json.Number(value)));
        members.put("decisions", new Json.Members(decisions));
        return new Json.Members(members).print();
    }

    /**
     * The trace of a text.
     *
     * @throws IllegalArgumentException saying what is wrong, if the text is no trace of this version
     */
    public static Trace parse(String text) {
        Map<String, Json> members = members(Json.parse(text), "a trace");
        if (!(members.get("v") instanceof Json.Number(long version)) || version != VERSION) {
            throw new IllegalArgumentException("a trace of version " + VERSION + " is expected, found "
                    + (members.containsKey("v") ? members.get("v").print() : "none"));
        }
        List<Step> steps = new ArrayList<>();
        array(member(members, "steps"), "steps").forEach(s -> steps.add(decodeStep(s)));
        Map<String, Long> decisions = new TreeMap<>();
        members(member(members, "decisions"), "decisions")
                .forEach((name, value) -> decisions.put(name, (Long) decode(value, long.class, name)));
        return new Trace((String) decode(member(members, "sketch"), String.class, "sketch"), steps, decisions);
    }

    private static Json encodeStep(Step step) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("step", new Json.Text(step.getClass().getSimpleName()));
        for (RecordComponent component : step.getClass().getRecordComponents()) {
            try {
                members.put(component.getName(), encode(component.getAccessor().invoke(step)));
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException("step " + step, e);
            }
        }
        return new Json.Members(members);
    }

    private static Json encode(Object value) {
        return switch (value) {
            case String text -> new Json.Text(text);
            case Enum<?> constant -> new Json.Text(constant.name());
            case Factor.Fixed(long number) -> new Json.Number(number);
            case Factor.Choice(String name, List<Long> domain) -> {
                Map<String, Json> choice = new LinkedHashMap<>();
                choice.put("choice", new Json.Text(name));
                choice.put(
                        "domain",
                        new Json.Array(
                                domain.stream().<Json>map(Json.Number::new).toList()));
                yield new Json.Members(choice);
            }
            case LayoutMap layout -> new Json.Text(layout.rank() + ":" + layout.text());
            case Optional<?> optional -> optional.map(TraceJson::encode).orElse(new Json.Null());
            case List<?> list ->
                new Json.Array(list.stream().map(TraceJson::encode).toList());
            default -> throw new IllegalStateException("no JSON form for " + value.getClass());
        };
    }

    private static Step decodeStep(Json json) {
        Map<String, Json> members = members(json, "a step");
        String name = (String) decode(member(members, "step"), String.class, "step");
        Class<?> type = STEPS.get(name);
        if (type == null) {
            throw new IllegalArgumentException(
                    "unknown step '" + name + "'; known: " + String.join(", ", STEPS.keySet()));
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String member = components[i].getName();
            if (!members.containsKey(member)) {
                throw new IllegalArgumentException("step " + name + " lacks '" + member + "'");
            }
            arguments[i] = decode(member(members, member), components[i].getGenericType(), name + "." + member);
        }
        try {
            return (Step) type.getDeclaredConstructor(types).newInstance(arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("step " + name + " " + json.print(), e);
        }
    }

    private static Object decode(Json json, Type type, String where) {
        if (type instanceof ParameterizedType generic) {
            Type element = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return json instanceof Json.Null ? Optional.empty() : Optional.of(decode(json, element, where));
            }
            return array(json, where).stream()
                    .map(e -> decode(e, element, where))
                    .toList();
        }
        Class<?> target = (Class<?>) type;
        if (target == Factor.class) {
            return json instanceof Json.Number(long value) ? Factor.of(value) : choice(members(json, where), where);
        }
        if (json instanceof Json.Number(long value) && target == long.class) {
            return value;
        }
        if (json instanceof Json.Text(String text)) {
            if (target == String.class) {
                return text;
            }
            if (target == LayoutMap.class) {
                return layout(text, where);
            }
            if (target.isEnum()) {
                return Arrays.stream(target.getEnumConstants())
                        .filter(c -> ((Enum<?>) c).name().equals(text))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException(
                                where + ": '" + text + "' is none of " + Arrays.toString(target.getEnumConstants())));
            }
        }
        throw new IllegalArgumentException(
                where + ": a " + target.getSimpleName() + " is expected, found " + json.print());
    }

    private static Factor choice(Map<String, Json> members, String where) {
        String name = (String) decode(member(members, "choice"), String.class, where);
        List<Long> domain = array(member(members, "domain"), where).stream()
                .map(e -> (Long) decode(e, long.class, where))
                .toList();
        return new Factor.Choice(name, domain);
    }

    private static LayoutMap layout(String text, String where) {
        int colon = text.indexOf(':');
        try {
            return LayoutMap.parse(Integer.parseInt(text.substring(0, Math.max(0, colon))), text.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    where + ": a layout like 4:0,1/16,2,3,1%16 is expected, found " + text, e);
        }
    }

    private static Json member(Map<String, Json> members, String name) {
        Json value = members.get(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    private static Map<String, Json> members(Json json, String what) {
        if (json instanceof Json.Members(Map<String, Json> values)) {
            return values;
        }
        throw new IllegalArgumentException(what + ": an object is expected, found " + json.print());
    }

    private static List<Json> array(Json json, String what) {
        if (json instanceof Json.Array(List<Json> elements)) {
            return elements;
        }
        throw new IllegalArgumentException(what + ": an array is expected, found " + json.print());
    }
}
