"""The words of slides, in English."""

SLIDES = "slides"
LEAD = "How does {loss} vary with {W}? One rule at a time, then one path for each use of {W}."
NETWORK = "The network"
UNROLLED = "Unrolled over {T} steps"
TWO_KINDS = "Two kinds of dependence"
OPENLY = (
    "{W} stands openly in the equation of {state}, and again inside {before}, which was computed with {W}:"
)
SIGN = "{sign} is the {explicit:explicit} derivative: it holds {before} fixed."
EARLIER = "The {implicit:implicit} part asks the same question one step earlier."
DERIVATION = "The derivation, one rule at a time"
PATHS = "Which path does each term take?"
CAPTION = "{explicit:Dashed}: the use of {W} at step {k}. {implicit:Thick}: the way of its effect to {loss}."
FACTORS = "The three factors"
NUMBERS = "Who contributes?"
READING = "Each step back adds a factor {jacobian}. Where their norms stay below one, far uses fade."
RESULT = "The result"
